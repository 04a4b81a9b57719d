//! Inflected words are found in their languages.

use crate::support::Library;

#[test]
fn inflected_words_are_found_in_their_languages() {
    let library = Library::of(&[
        (
            "english.md",
            "The administrators were configuring several databases before they had installed the newest connections of \
             the server, and all of them knew that it would take a long time until everything was working again.",
        ),
        (
            "german.md",
            "Die Häuser in den kleinen Städten wurden von den Handwerkern gestrichen, und alle Nachbarn haben sich darüber \
             gefreut, weil die Straßen danach viel schöner aussahen als in den Jahren davor.",
        ),
        (
            "finnish.md",
            "Kirjastoissa on paljon kirjoja, joita lapset lukevat mielellään iltaisin, kun he ovat tulleet koulusta kotiin ja \
             syöneet päivällistä perheensä kanssa pienessä keittiössä.",
        ),
        (
            "russian.md",
            "В городских библиотеках читатели находят книги, которые они давно искали, и берут их домой, чтобы читать \
             вечерами вместе с детьми и рассказывать друзьям о прочитанном.",
        ),
        ("chinese.md", "东京都的图书馆里有很多关于数据库索引的书籍，读者可以在那里安静地阅读。"),
        ("japanese.md", "全文検索エンジンは大量の文書から目的の言葉を素早く見つけ出すための仕組みです。"),
        ("korean.md", "도서관에는 데이터베이스에 관한 책이 많이 있습니다."),
    ]);
    library.update();
    for (query, expected) in [
        ("configure a database", "english.md"),
        ("connection", "english.md"),
        ("Haus", "german.md"),
        ("Welche Straße ist schön?", "german.md"),
        ("kirja", "finnish.md"),
        ("книга", "russian.md"),
        ("читатель библиотека", "russian.md"),
        ("图书馆", "chinese.md"),
        ("数据库", "chinese.md"),
        ("検索", "japanese.md"),
        ("도서관", "korean.md"),
    ] {
        assert_eq!(library.found(query).first().map(String::as_str), Some(expected), "{query}");
    }
}
