use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref};

use super::JpegPage;

/// A PDF as scanners write it: one JPEG a page and no text.
pub(crate) fn pdf(pages: &[JpegPage]) -> Vec<u8> {
    const IMAGE: Name<'_> = Name(b"Scan");
    let mut next = Ref::new(1);
    let (catalog, tree) = (next.bump(), next.bump());
    let ids: Vec<[Ref; 3]> = pages.iter().map(|_| [next.bump(), next.bump(), next.bump()]).collect();
    let mut pdf = Pdf::new();
    pdf.set_version(1, 4);
    pdf.catalog(catalog).pages(tree);
    pdf.pages(tree)
        .kids(ids.iter().map(|[page, ..]| *page))
        .count(i32::try_from(pages.len()).unwrap_or(i32::MAX));
    for (page, [page_id, image_id, content_id]) in pages.iter().zip(ids) {
        let points = |pixels: u32| pixels as f32 * 72.0 / page.dpi as f32;
        let (width, height) = (points(page.width), points(page.height));
        let mut entry = pdf.page(page_id);
        entry.parent(tree).media_box(Rect::new(0.0, 0.0, width, height)).contents(content_id);
        entry.resources().x_objects().pair(IMAGE, image_id);
        entry.finish();

        let mut image = pdf.image_xobject(image_id, &page.bytes);
        image.filter(Filter::DctDecode);
        image.width(i32::try_from(page.width).unwrap_or(i32::MAX));
        image.height(i32::try_from(page.height).unwrap_or(i32::MAX));
        image.bits_per_component(8);
        if page.colour {
            image.color_space().device_rgb();
        } else {
            image.color_space().device_gray();
        }
        image.finish();

        let mut content = Content::new();
        content.save_state();
        content.transform([width, 0.0, 0.0, height, 0.0, 0.0]);
        content.x_object(IMAGE);
        content.restore_state();
        pdf.stream(content_id, &content.finish());
    }
    pdf.finish()
}
