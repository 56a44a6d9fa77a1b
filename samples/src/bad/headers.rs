use crate::Error;

const SIDE: u32 = 30_000;

/// A PNG that promises 30,000 x 30,000 pixels and holds next to nothing.
pub(super) fn huge_png() -> Result<Vec<u8>, Error> {
    let failed = |error| Error::encode("PNG", error);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, SIDE, SIDE);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_chunk(png::chunk::IDAT, &[0x78, 0x9c, 3, 0, 0, 0, 0, 1]).map_err(failed)?;
    drop(writer);
    Ok(bytes)
}

/// A TIFF that promises 30,000 x 30,000 pixels in one strip and holds next to nothing.
pub(super) fn huge_tiff() -> Vec<u8> {
    const SHORT: u16 = 3;
    const LONG: u16 = 4;
    let entries: [(u16, u16, u32); 8] = [
        (256, LONG, SIDE),
        (257, LONG, SIDE),
        (258, SHORT, 8),
        (259, SHORT, 1),
        (262, SHORT, 1),
        (273, LONG, 110),
        (278, LONG, SIDE),
        (279, LONG, SIDE * SIDE),
    ];
    let mut bytes = b"II\x2a\x00\x08\x00\x00\x00\x08\x00".to_vec();
    for (tag, kind, value) in entries {
        bytes.extend_from_slice(&tag.to_le_bytes());
        bytes.extend_from_slice(&kind.to_le_bytes());
        bytes.extend_from_slice(&1_u32.to_le_bytes());
        bytes.extend_from_slice(&value.to_le_bytes());
    }
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&[0xff; 64]);
    bytes
}
