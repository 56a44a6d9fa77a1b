//! Muniment: takes in scanned results of administrative procedures, signs them, keeps them and proves them.

fn main() {}
