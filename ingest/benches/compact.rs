//! What each step of a compact page takes: `cargo bench -p muniment-ingest`.
//!
//! The page is a sample at 200 dpi; `BENCH_SCAN` names another JPEG.

#![expect(missing_docs, reason = "criterion_group makes a function without")]

use criterion::{Criterion, criterion_group, criterion_main};
use muniment_ingest::kernels::{self, Page};

fn steps(criterion: &mut Criterion) {
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../samples/small/0001-business.jpg");
    let path = std::env::var("BENCH_SCAN").unwrap_or_else(|_| sample.to_owned());
    let file = std::fs::read(&path).unwrap_or_default();
    let page = match Page::decode(&file) {
        Ok(page) => page,
        Err(error) => {
            eprintln!("{path}: {error}");
            return;
        }
    };
    let (masks, scan, red) = (page.masks(), page.scan(), page.red());
    let background = page.background(&masks);
    let jpeg = background.jpeg();

    let mut group = criterion.benchmark_group("compact");
    group.sample_size(20);
    group.bench_function("decode", |bencher| bencher.iter(|| Page::decode(&file)));
    group.bench_function("masks", |bencher| bencher.iter(|| page.masks()));
    group.bench_function("jbig2 of the ink", |bencher| bencher.iter(|| masks.jbig2()));
    group.bench_function("background", |bencher| bencher.iter(|| page.background(&masks)));
    group.bench_function("coloured marks", |bencher| bencher.iter(|| page.colours(&masks)));
    group.bench_function("jpeg of the background", |bencher| bencher.iter(|| background.jpeg()));
    group.bench_function("the judge's scan", |bencher| bencher.iter(|| page.scan()));
    group.bench_function("likeness", |bencher| bencher.iter(|| scan.likeness(&page, &masks, &jpeg)));
    group.bench_function("all layers", |bencher| bencher.iter(|| page.layers()));
    group.finish();

    let mut group = criterion.benchmark_group("examine");
    group.sample_size(20);
    group.bench_function("red", |bencher| bencher.iter(|| page.red()));
    group.bench_function("measures", |bencher| bencher.iter(|| page.measure(&red)));
    group.bench_function("skew", |bencher| bencher.iter(|| kernels::skew(&red)));
    group.bench_function("copy to be read", |bencher| bencher.iter(|| kernels::copy(&red)));
    group.finish();
}

criterion_group!(benches, steps);
criterion_main!(benches);
