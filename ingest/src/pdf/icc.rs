//! The sRGB profile (IEC 61966-2-1) of the output intent, computed: nothing copied, nothing licensed.

/// A display profile of ICC.1:2004 (version 4.2) for sRGB: matrix and one parametric curve.
pub(crate) fn srgb() -> Vec<u8> {
    // Primaries adapted to D50 by Bradford's method, the columns of the matrix in ICC.1 annex E.
    const RED: [f64; 3] = [0.436_065, 0.222_488, 0.013_916];
    const GREEN: [f64; 3] = [0.385_147, 0.716_873, 0.097_076];
    const BLUE: [f64; 3] = [0.143_066, 0.060_608, 0.714_096];
    // The illuminant that every profile is relative to, 7.2.16.
    const D50: [f64; 3] = [0.964_2, 1.0, 0.824_9];
    // Bradford's adaptation from D65 to D50.
    const ADAPTATION: [f64; 9] = [
        1.047_882, 0.022_919, -0.050_201, 0.029_587, 0.990_479, -0.017_059, -0.009_232, 0.015_076, 0.751_678,
    ];
    // Function type 3: (aX + b)^g above d, cX below.
    const CURVE: [f64; 5] = [2.4, 1.0 / 1.055, 0.055 / 1.055, 1.0 / 12.92, 0.040_45];

    let mut curve = b"para\0\0\0\0\0\x03\0\0".to_vec();
    curve.extend(fixed(&CURVE));
    let xyz = |values: &[f64]| [b"XYZ \0\0\0\0".to_vec(), fixed(values)].concat();
    let tags: Vec<(&[u8; 4], Vec<u8>)> = vec![
        (b"desc", text("sRGB")),
        (b"cprt", text("CC0")),
        (b"wtpt", xyz(&D50)),
        (b"chad", [b"sf32\0\0\0\0".to_vec(), fixed(&ADAPTATION)].concat()),
        (b"rXYZ", xyz(&RED)),
        (b"gXYZ", xyz(&GREEN)),
        (b"bXYZ", xyz(&BLUE)),
        (b"rTRC", curve.clone()),
        (b"gTRC", curve.clone()),
        (b"bTRC", curve),
    ];
    assemble(&tags)
}

/// Header, tag table and data (7.2 and 7.3); equal data is stored once.
fn assemble(tags: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let table_length = 4 + 12 * tags.len();
    let mut data: Vec<u8> = Vec::new();
    let mut table = word(tags.len());
    let mut stored: Vec<(&[u8], usize)> = Vec::new();
    for (signature, body) in tags {
        let place = match stored.iter().find(|(known, _)| known == body) {
            Some(&(_, place)) => place,
            None => {
                let place = 128 + table_length + data.len();
                data.extend_from_slice(body);
                data.resize(data.len().next_multiple_of(4), 0);
                stored.push((body, place));
                place
            }
        };
        table.extend_from_slice(*signature);
        table.extend(word(place));
        table.extend(word(body.len()));
    }
    let mut profile = word(128 + table_length + data.len());
    profile.extend_from_slice(b"\0\0\0\0\x04\x20\0\0mntrRGB XYZ ");
    // 2004-01-01, the year of the specification: a fixed date keeps the profile the same for ever.
    profile.extend_from_slice(&[0x07, 0xd4, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
    profile.extend_from_slice(b"acsp");
    profile.resize(68, 0);
    profile.extend(fixed(&[0.964_2, 1.0, 0.824_9]));
    profile.resize(128, 0);
    profile.extend(table);
    profile.extend(data);
    profile
}

fn word(value: usize) -> Vec<u8> {
    u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes().to_vec()
}

/// s15Fixed16Number (4.6).
fn fixed(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|value| ((value * 65_536.0).round() as i32).to_be_bytes()).collect()
}

/// multiLocalizedUnicodeType with one English record (10.13).
fn text(text: &str) -> Vec<u8> {
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let mut body = b"mluc\0\0\0\0\0\0\0\x01\0\0\0\x0cenUS".to_vec();
    body.extend(word(units.len()));
    body.extend(word(28));
    body.extend(units);
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_is_the_sum_of_the_primaries() {
        let profile = srgb();
        assert_eq!(profile.len() % 4, 0);
        assert_eq!(profile[..4], u32::try_from(profile.len()).unwrap().to_be_bytes());
        assert_eq!(&profile[36..40], b"acsp");
    }
}
