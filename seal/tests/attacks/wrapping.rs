//! Signature wrapping: the signed bytes are moved, and what readers follow is put in their place.

use muniment_seal::Reason;

use super::{OTHER_CONTENT, OTHER_PAGE, assert_fails, assert_passes, signature_dictionary};
use crate::{Outcome, World, find};

/// Puts `injected` after the signature value, so that the last `startxref`, which is signed, leads into it, and moves the
/// rest of the file behind it. `injected` gets the offset at which the table has to stand.
fn wrap(
    signed: &[u8],
    injected: impl Fn(usize, usize) -> Vec<u8>,
) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let gap_end = find(signed, "> /M (") + 1;
    let text = String::from_utf8_lossy(signed);
    let table: usize =
        text.rsplit("startxref\n").next().and_then(|rest| rest.lines().next()).ok_or("no table")?.parse()?;
    let mut forged = signed[..gap_end].to_vec();
    forged.resize(table, b' ');
    let room = forged.len();
    forged.extend(injected(room, 0));
    let moved_to = forged.len();
    forged.truncate(room);
    forged.extend(injected(room, moved_to));
    forged.extend_from_slice(&signed[gap_end..]);
    Ok(forged)
}

/// A table at `at` that replaces page, content and, where given, the signature.
fn revision(at: usize, signed: &[u8], signature: Option<(u32, &str)>) -> Vec<u8> {
    let mut objects = vec![(3, OTHER_PAGE), (80, OTHER_CONTENT)];
    objects.extend(signature);
    let bodies: Vec<String> =
        objects.iter().map(|(number, body)| format!("{number} 0 obj\n{body}\nendobj\n")).collect();
    let previous = find(signed, "xref\n0 ");
    let write = |start: usize| {
        let mut offset = start;
        let mut table = "xref\n".to_owned();
        for ((number, _), body) in objects.iter().zip(&bodies) {
            table.push_str(&format!("{number} 1\n{offset:010} 00000 n\r\n"));
            offset += body.len();
        }
        format!("{table}trailer\n<< /Size 90 /Root 1 0 R /Prev {previous} >>\n")
    };
    let head = write(0).len();
    let mut bytes = write(at + head).into_bytes();
    bytes.extend(bodies.concat().into_bytes());
    bytes
}

#[test]
fn signature_wrapping_fails() -> Outcome {
    let world = World::new()?;
    let signed = world.signed()?;
    assert_passes(&world, "honest", &signed);
    let left = wrap(&signed, |at, _| revision(at, &signed, None))?;
    let (number, body) = signature_dictionary(&signed)?;
    let gap_start = find(&signed, "/Contents <") + "/Contents ".len();
    let gap_end = find(&signed, "> /M (") + 1;
    let old_range = {
        let start = body.find("/ByteRange").ok_or("no range")?;
        let end = body.find(" /Contents").ok_or("no value")?;
        body[start..end].to_owned()
    };
    let copied = wrap(&signed, |at, moved_to| {
        let range = format!("/ByteRange [0 {gap_start:<10} {moved_to:<10} {:<10}]", signed.len() - gap_end);
        revision(at, &signed, Some((number, &body.replace(&old_range, &range))))
    })?;
    let reasons =
        [Reason::OddByteRange, Reason::ContentChanged, Reason::UnreachableSignature, Reason::Damaged];
    assert_fails(&world, "the range as it was", &left, &reasons);
    assert_fails(&world, "the range of a copy", &copied, &reasons);
    // The attack is a real one: what a reader that trusts the copy would digest is what was signed.
    let moved = copied.len() - (signed.len() - gap_end);
    assert_eq!(
        [&copied[..gap_start], &copied[moved..]].concat(),
        [&signed[..gap_start], &signed[gap_end..]].concat()
    );
    Ok(())
}
