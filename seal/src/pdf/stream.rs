use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;

use super::Flaw;
use super::object::{Dictionary, Object};

/// Decodes a stream that holds structure: a cross-reference or an object stream. At most `limit` bytes come out.
///
/// Only FlateDecode with PNG predictors is used for these (ISO 32000-1, 7.5.7 and 7.5.8); any other filter is a flaw.
pub(super) fn decode(dictionary: &Dictionary, raw: &[u8], limit: usize) -> Result<Vec<u8>, Flaw> {
    let filter = match dictionary.get("Filter") {
        None => None,
        Some(Object::Name(name)) => Some(name.as_slice()),
        Some(Object::Array(items)) => match &items[..] {
            [] => None,
            [Object::Name(name)] => Some(name.as_slice()),
            _ => return Err(Flaw::Damaged),
        },
        Some(_) => return Err(Flaw::Damaged),
    };
    match filter {
        None if raw.len() <= limit => Ok(raw.to_vec()),
        None => Err(Flaw::TooComplex),
        Some(b"FlateDecode" | b"Fl") => {
            let data =
                decompress_to_vec_zlib_with_limit(raw, limit).map_err(|failed| match failed.status {
                    miniz_oxide::inflate::TINFLStatus::HasMoreOutput => Flaw::TooComplex,
                    _ => Flaw::Damaged,
                })?;
            undo_predictor(dictionary, data)
        }
        Some(_) => Err(Flaw::Damaged),
    }
}

fn undo_predictor(dictionary: &Dictionary, data: Vec<u8>) -> Result<Vec<u8>, Flaw> {
    let parameters = match dictionary.get("DecodeParms") {
        Some(Object::Array(items)) => items.first(),
        other => other,
    };
    let Some(parameters) = parameters.and_then(Object::dictionary) else {
        return Ok(data);
    };
    let number = |key: &str, default: i64| parameters.integer(key).unwrap_or(default);
    if number("Predictor", 1) < 10 {
        return if number("Predictor", 1) == 1 { Ok(data) } else { Err(Flaw::Damaged) };
    }
    let columns = usize::try_from(number("Columns", 1)).map_err(|_| Flaw::Damaged)?;
    if number("Colors", 1) != 1 || number("BitsPerComponent", 8) != 8 || columns == 0 || columns > 1024 {
        return Err(Flaw::Damaged);
    }
    let mut rows: Vec<u8> = Vec::with_capacity(data.len());
    let mut above = vec![0_u8; columns];
    for row in data.chunks(columns + 1) {
        let Some((&kind, row)) = row.split_first() else { break };
        let mut left = 0_u8;
        let mut above_left = 0_u8;
        for (place, byte) in row.iter().enumerate() {
            let up = above.get(place).copied().unwrap_or(0);
            let predicted = match kind {
                0 => 0,
                1 => left,
                2 => up,
                3 => u8::try_from((u16::from(left) + u16::from(up)) / 2).unwrap_or(0),
                4 => paeth(left, up, above_left),
                _ => return Err(Flaw::Damaged),
            };
            left = byte.wrapping_add(predicted);
            above_left = up;
            if let Some(slot) = above.get_mut(place) {
                *slot = left;
            }
            rows.push(left);
        }
    }
    Ok(rows)
}

/// The Paeth predictor (PNG specification, 9.4).
fn paeth(left: u8, up: u8, above_left: u8) -> u8 {
    let estimate = i16::from(left) + i16::from(up) - i16::from(above_left);
    let distance = |value: u8| (estimate - i16::from(value)).abs();
    if distance(left) <= distance(up) && distance(left) <= distance(above_left) {
        left
    } else if distance(up) <= distance(above_left) {
        up
    } else {
        above_left
    }
}
