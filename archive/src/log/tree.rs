//! The Merkle tree of RFC 6962, 2.1: its hashes and proofs, and how they are checked.

use muniment_record::Digest;

use crate::Error;

/// Where the hashes of complete subtrees come from.
pub(crate) trait Nodes {
    /// The hash of the complete subtree over leaves `index << level` to `(index + 1) << level`.
    fn node(&self, level: u32, index: u64) -> Result<Digest, Error>;
}

/// The hash of a leaf (RFC 6962, 2.1).
pub fn leaf_hash(entry: &[u8]) -> Digest {
    let mut bytes = Vec::with_capacity(entry.len() + 1);
    bytes.push(0);
    bytes.extend_from_slice(entry);
    Digest::of(&bytes)
}

/// The hash of an inner node.
pub(crate) fn parent(left: &Digest, right: &Digest) -> Digest {
    let mut bytes = [1; 65];
    bytes[1..33].copy_from_slice(left.as_bytes());
    bytes[33..].copy_from_slice(right.as_bytes());
    Digest::of(&bytes)
}

/// The root over a power of two of hashes.
pub(crate) fn fold(hashes: &[Digest]) -> Digest {
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = row.chunks(2).map(|pair| parent(&pair[0], &pair[pair.len() - 1])).collect();
    }
    row.first().copied().unwrap_or_else(|| Digest::of(b""))
}

/// The root of the tree over the first `size` leaves.
pub(crate) fn root(nodes: &impl Nodes, size: u64) -> Result<Digest, Error> {
    if size == 0 { Ok(Digest::of(b"")) } else { subtree(nodes, 0, size) }
}

/// The proof that a leaf is in the tree of a size (RFC 6962, 2.1.1): `index < size`.
pub(crate) fn inclusion(nodes: &impl Nodes, index: u64, size: u64) -> Result<Vec<Digest>, Error> {
    let (mut start, mut end) = (0, size);
    let mut path = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            path.push(subtree(nodes, middle, end)?);
            end = middle;
        } else {
            path.push(subtree(nodes, start, middle)?);
            start = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The proof that a tree is the beginning of a later one (RFC 6962, 2.1.2): `0 < old <= new`.
pub(crate) fn consistency(nodes: &impl Nodes, old: u64, new: u64) -> Result<Vec<Digest>, Error> {
    let (mut start, mut end) = (0, new);
    let mut path = Vec::new();
    while old != end {
        let middle = start + split(end - start);
        if old <= middle {
            path.push(subtree(nodes, middle, end)?);
            end = middle;
        } else {
            path.push(subtree(nodes, start, middle)?);
            start = middle;
        }
    }
    if start != 0 {
        path.push(subtree(nodes, start, end)?);
    }
    path.reverse();
    Ok(path)
}

/// Whether a leaf is in the tree with this root (RFC 9162, 2.1.3.2).
pub fn verify_inclusion(leaf: &Digest, index: u64, size: u64, path: &[Digest], root: &Digest) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for step in path {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            hash = parent(step, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = parent(&hash, step);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether the tree with the old root is the beginning of that with the new one (RFC 9162, 2.1.4.2).
pub fn verify_consistency(old: (u64, &Digest), new: (u64, &Digest), path: &[Digest]) -> bool {
    let ((old_size, old_root), (new_size, new_root)) = (old, new);
    if old_size == 0 || old_size > new_size {
        return false;
    }
    if old_size == new_size {
        return path.is_empty() && old_root == new_root;
    }
    let (first, rest) = if old_size.is_power_of_two() {
        (*old_root, path)
    } else {
        match path {
            [first, rest @ ..] => (*first, rest),
            [] => return false,
        }
    };
    let (mut node, mut last) = (old_size - 1, new_size - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let (mut old_hash, mut new_hash) = (first, first);
    for step in rest {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            old_hash = parent(step, &old_hash);
            new_hash = parent(step, &new_hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = parent(&new_hash, step);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == *old_root && new_hash == *new_root
}

fn subtree(nodes: &impl Nodes, start: u64, end: u64) -> Result<Digest, Error> {
    let size = end - start;
    if size.is_power_of_two() {
        return nodes.node(size.trailing_zeros(), start / size);
    }
    let middle = start + split(size);
    Ok(parent(&subtree(nodes, start, middle)?, &subtree(nodes, middle, end)?))
}

/// The largest power of two below a size of at least 2.
fn split(size: u64) -> u64 {
    1 << (63 - (size - 1).leading_zeros())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Leaves(Vec<Digest>);

    impl Nodes for Leaves {
        fn node(&self, level: u32, index: u64) -> Result<Digest, Error> {
            let start = usize::try_from(index << level).unwrap();
            Ok(fold(&self.0[start..start + (1 << level)]))
        }
    }

    fn leaves(count: u64) -> Leaves {
        Leaves((0..count).map(|number| leaf_hash(&number.to_be_bytes())).collect())
    }

    /// The definition of RFC 6962, 2.1, word by word.
    fn defined(hashes: &[Digest]) -> Digest {
        match hashes.len() {
            0 => Digest::of(b""),
            1 => hashes[0],
            count => {
                let (left, right) = hashes.split_at(count.next_power_of_two() / 2);
                parent(&defined(left), &defined(right))
            }
        }
    }

    #[test]
    fn roots_are_those_of_the_test_vectors_of_certificate_transparency() {
        // The inputs and roots that the reference implementation of RFC 6962 is tested with.
        let inputs: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let leaves = Leaves(inputs.iter().map(|input| leaf_hash(input)).collect());
        for (size, expected) in [
            (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
            (3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
            (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
        ] {
            assert_eq!(root(&leaves, size).unwrap().to_string(), expected, "size {size}");
        }
    }

    proptest! {
        #[test]
        fn every_leaf_is_proven_and_no_other(size in 1_u64..600, pick: u64, wrong: u64) {
            let leaves = leaves(size);
            let index = pick % size;
            let tree_root = root(&leaves, size).unwrap();
            prop_assert_eq!(tree_root, defined(&leaves.0));
            let path = inclusion(&leaves, index, size).unwrap();
            let leaf = leaf_hash(&index.to_be_bytes());
            prop_assert!(verify_inclusion(&leaf, index, size, &path, &tree_root));
            let other = wrong % size;
            prop_assert!(other == index || !verify_inclusion(&leaf, other, size, &path, &tree_root));
            prop_assert!(!verify_inclusion(&leaf, index, size, &path, &leaf_hash(b"other")));
        }

        #[test]
        fn every_tree_is_the_beginning_of_every_later_one(new in 1_u64..600, pick: u64) {
            let leaves = leaves(new);
            let old = pick % new + 1;
            let (old_root, new_root) = (root(&leaves, old).unwrap(), root(&leaves, new).unwrap());
            let path = consistency(&leaves, old, new).unwrap();
            prop_assert!(verify_consistency((old, &old_root), (new, &new_root), &path));
            prop_assert!(!verify_consistency((old, &leaf_hash(b"fork")), (new, &new_root), &path));
        }
    }
}
