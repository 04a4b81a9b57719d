//! A document as a browser's tokenizer reads it.

use html5gum::{Token, Tokenizer};

/// One element.
pub struct Element {
    pub tag: String,
    pub attributes: Vec<(String, String)>,
    /// All text between its tags, with that of elements inside of it.
    pub text: String,
}

impl Element {
    /// The value of an attribute.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// Elements that have no end tag.
const VOID: [&str; 3] = ["meta", "link", "br"];

fn utf8(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The elements of a document in the order of their start tags. Every element has to be closed, in the right order.
pub fn elements(document: &str) -> Vec<Element> {
    let (mut found, mut open): (Vec<Element>, Vec<usize>) = (Vec::new(), Vec::new());
    for token in Tokenizer::new(document).flatten() {
        match token {
            Token::StartTag(tag) => {
                let attributes = tag.attributes.iter().map(|(name, value)| (utf8(name), utf8(value))).collect();
                let name = utf8(&tag.name);
                if !VOID.contains(&name.as_str()) {
                    open.push(found.len());
                }
                found.push(Element { tag: name, attributes, text: String::new() });
            }
            Token::EndTag(tag) => {
                let closed = open.pop().map(|index| found[index].tag.clone());
                assert_eq!(closed, Some(utf8(&tag.name)), "an end tag closes the element that is open");
            }
            Token::String(text) => open.iter().for_each(|&index| found[index].text.push_str(&utf8(&text))),
            Token::Doctype(_) => {}
            Token::Comment(comment) => panic!("a comment: {}", utf8(&comment)),
            Token::Error(error) => panic!("a parse error: {error:?}"),
        }
    }
    assert!(open.is_empty(), "{} elements are not closed", open.len());
    found
}
