//! The metadata packet (ISO 16684-1) that ISO 19005-2, 6.6 asks for.

/// The packet of a document: part 2, conformance level U, title, language and producer.
pub(crate) fn packet(title: &str, language: &str, producer: &str) -> Vec<u8> {
    let (title, language, producer) = (escaped(title), escaped(language), escaped(producer));
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
         <rdf:Description rdf:about=\"\" xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\">\
         <pdfaid:part>2</pdfaid:part><pdfaid:conformance>U</pdfaid:conformance>\
         <dc:format>application/pdf</dc:format>\
         <dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">{title}</rdf:li></rdf:Alt></dc:title>\
         <dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>\
         <pdf:Producer>{producer}</pdf:Producer>\
         </rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>"
    )
    .into_bytes()
}

/// Text as it may stand in an XML element or a quoted attribute; characters that XML 1.0 forbids are dropped.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => {}
            letter if letter.is_control() => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_title_cannot_break_the_packet() {
        let packet = String::from_utf8(packet("<Giấy & \"phép\">\u{0}", "vi", "x")).unwrap();
        assert!(packet.contains("&lt;Giấy &amp; &quot;phép&quot;&gt;</rdf:li>"));
    }

    proptest! {
        #[test]
        fn any_title_comes_back_from_the_packet(title in any::<String>()) {
            let packet = String::from_utf8(packet(&title, "vi", "x")).unwrap();
            let begin = "xml:lang=\"x-default\">";
            let start = packet.find(begin).unwrap() + begin.len();
            let end = start + packet[start..].find("</rdf:li>").unwrap();
            let stored = &packet[start..end];
            prop_assert!(!stored.contains(['<', '>', '"']));
            let read = stored.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
            let is_allowed = |letter: &char| !letter.is_control() && !matches!(letter, '\u{fffe}' | '\u{ffff}');
            prop_assert_eq!(read, title.chars().filter(is_allowed).collect::<String>());
        }
    }
}
