//! The words that the classifiers know, and how they are found.
//!
//! English, German, French, Spanish, Russian, Chinese and Japanese; a text in another language is analysed by its
//! punctuation and shapes alone. The lists were written for this project: function words and the verbs of questions
//! from each language's grammar, subjects and ambiguous terms by choice.
//!
//! A hash table made when this is compiled: nothing is allocated or initialised when the program runs. No words
//! can be added to it, so no input can make its lookups slow.

use crate::step_counter::count_step;

/// What a word is, as bits.
pub(super) type Flags = u32;

/// An interrogative: begins or makes a question: what, wie, pourquoi, ли.
pub(super) const INTERROGATIVE: Flags = 1;
/// An imperative that asks for something: explain, vergleiche.
pub(super) const IMPERATIVE: Flags = 1 << 1;
/// The first person, who asks: I, my, wir.
pub(super) const FIRST_PERSON: Flags = 1 << 2;
/// A conjunction of two things: and, or, und.
pub(super) const CONJUNCTION: Flags = 1 << 3;
/// Says that things are compared: compare, versus, Unterschied.
pub(super) const COMPARE: Flags = 1 << 4;
/// Begins a clause: because, obwohl, если.
pub(super) const CLAUSE: Flags = 1 << 5;
/// Stands for something that was said before: it, das, ça.
pub(super) const PRONOUN: Flags = 1 << 6;
/// Carries no subject: articles, prepositions, auxiliaries.
pub(super) const FUNCTION: Flags = 1 << 7;
/// Ends the things that are compared: for, für, pour, in.
pub(super) const PURPOSE: Flags = 1 << 8;
/// A word of programming languages that prose has too.
pub(super) const SOFT_KEYWORD: Flags = 1 << 9;
/// A word of programming languages that prose does not have.
pub(super) const KEYWORD: Flags = 1 << 10;
/// A word of SQL, which counts when it is in capitals.
pub(super) const SQL: Flags = 1 << 11;
/// Heads a message when a colon follows: error, Fehler, fatal.
pub(super) const ERROR: Flags = 1 << 12;
/// Occurs in messages: panicked, dumped.
pub(super) const MESSAGE: Flags = 1 << 13;
/// May surround a sum: what, is, calculate.
pub(super) const ARITHMETIC_CUE: Flags = 1 << 14;
/// Asks for more than a fact: why, analyse, consequences.
pub(super) const DEPTH: Flags = 1 << 15;
/// Asks for what the words before and after it stand for: versus.
pub(super) const VERSUS: Flags = 1 << 16;
/// The second side of a comparison: than, als, que.
pub(super) const COMPARATIVE_THAN: Flags = 1 << 17;

/// Asks for a sum: calculate, berechne.
pub(super) const CALCULATE: Flags = 1 << 18;

/// Subjects, which distinguish the meanings of ambiguous terms.
pub(super) const COMPUTING: Flags = 1 << 20;
/// Animals, plants, space, physics, chemistry.
pub(super) const NATURE: Flags = 1 << 21;
/// Countries, islands, journeys.
pub(super) const PLACES: Flags = 1 << 22;
/// Companies, prices, accounts.
pub(super) const MONEY: Flags = 1 << 23;
/// Food and cooking.
pub(super) const FOOD: Flags = 1 << 24;
/// Houses, tools, furniture.
pub(super) const HOME: Flags = 1 << 25;
/// Music, films, games, sport, books.
pub(super) const CULTURE: Flags = 1 << 26;
/// Cars and other vehicles.
pub(super) const VEHICLES: Flags = 1 << 27;
/// Law, health, society.
pub(super) const SOCIETY: Flags = 1 << 28;
/// All subjects.
pub(super) const SUBJECTS: Flags = COMPUTING | NATURE | PLACES | MONEY | FOOD | HOME | CULTURE | VEHICLES | SOCIETY;

/// Words by what they are; a word may stand in several lists.
const WORDS: &[(Flags, &str)] = &[
    // Questions.
    (INTERROGATIVE | ARITHMETIC_CUE, "what how was wie wieviel combien cuánto quel сколько 多少 いくつ いくら"),
    (INTERROGATIVE, "what's how's who whose whom when where which why does did can could should would is are"),
    (INTERROGATIVE, "wer wen wem wann wo wohin woher warum weshalb wieso welche welcher welches welchen welchem"),
    (INTERROGATIVE, "qui quoi comment pourquoi quand où quelle quels quelles qu est-ce est-il lequel laquelle"),
    (INTERROGATIVE, "qué quién quiénes cómo cuándo dónde cuál cuáles cuánta cuántos cuántas"),
    (INTERROGATIVE, "кто что как когда где куда откуда почему зачем какой какая какое какие каких ли чем"),
    (
        INTERROGATIVE,
        "什么 谁 为什么 怎么 怎样 如何 哪 哪些 哪里 多久 吗 是否 何 誰 なぜ どう どの どのような いつ どこ ですか ますか",
    ),
    (DEPTH, "why how warum wieso weshalb pourquoi comment cómo почему зачем 为什么 如何 なぜ どう どのような"),
    // Requests.
    (
        IMPERATIVE,
        "explain describe show list tell find give summarise summarize write recommend suggest help please research",
    ),
    (
        IMPERATIVE,
        "erkläre erklär beschreibe zeige nenne finde gib hilf bitte schreibe untersuche bewerte schlage analysiere",
    ),
    (IMPERATIVE, "expliquer explique décris montre donne trouve aide analyse propose évalue"),
    (IMPERATIVE, "explica explicar describe muestra dame busca ayuda analiza evalúa propón"),
    (IMPERATIVE, "объясни опиши покажи найди дай помоги расскажи проанализируй оцени предложи"),
    (IMPERATIVE, "解释 说明 介绍 告诉 请 分析 説明 教えて 分析して"),
    (
        DEPTH,
        "explain analyse analyze evaluate consequences effects impact causes reasons trade-offs tradeoffs implications",
    ),
    (DEPTH, "recommend considering advantages disadvantages pros cons strategy research together"),
    (
        DEPTH,
        "erkläre untersuche bewerte folgen ursachen auswirkungen ausgewirkt vorteile nachteile analysiere maßnahmen",
    ),
    (
        DEPTH,
        "expliquer explique analyse effets conséquences causes raisons évalue propose mesures avantages fonctionnement",
    ),
    (DEPTH, "explica analiza efectos consecuencias causas ventajas desventajas evalúa funciona medidas"),
    (DEPTH, "объясни проанализируй последствия причины влияние влиянию преимущества недостатки оцени меры работает"),
    (DEPTH, "解释 分析 影响 原因 原理 优缺点 影響 仕組み 説明 理由"),
    // The person.
    (FIRST_PERSON, "i i'm i've my me we our us ich mein meine meinen wir uns unser unsere je j mon ma mes nous notre"),
    (FIRST_PERSON, "yo mi mis me nosotros necesito quiero tengo я мой моя мне мы нам наш у我 我 我们 私 私の 僕"),
    (IMPERATIVE, "hello hi hey hallo bonjour hola привет здравствуйте 你好 こんにちは"),
    // Joining and comparing.
    (CONJUNCTION, "and or und oder et ou y e o и или 和 与 跟 或 还是 と または"),
    (COMPARE | VERSUS, "vs vs. versus gegenüber contre против"),
    (COMPARE, "compare comparing comparison difference differences differ compared better worse cheaper faster"),
    (COMPARE, "vergleiche vergleich vergleichen unterschied unterschiede unterscheiden besser"),
    (
        COMPARE,
        "comparer compare comparaison différence différences meilleur compara comparar comparación diferencia diferencias mejor",
    ),
    (COMPARE, "сравни сравнить сравнение отличается отличаются отличие разница различие лучше"),
    (COMPARE, "比较 对比 区别 不同 差异 比較 違い 違う 比較して"),
    (COMPARATIVE_THAN, "than to with als que от и"),
    (FUNCTION, "between zwischen entre между"),
    // Clauses.
    (CLAUSE, "because although though if unless while whereas since that which who when but so without considering"),
    (CLAUSE, "weil obwohl wenn falls während dass damit ob aber sondern denn ohne da"),
    (CLAUSE, "parce puisque bien si tandis alors que qui dont mais sans"),
    (CLAUSE, "porque aunque si mientras que quien pero sin"),
    (CLAUSE, "потому хотя если пока чтобы который которая которые но без когда"),
    (CLAUSE, "因为 虽然 如果 但是 而 所以 并且 ので なら 場合 けれど しかし そして"),
    // Pronouns.
    (PRONOUN, "it this that these those they them one ones es das dies diese ça cela lo esto eso это этот его их"),
    (PRONOUN, "这个 那个 它 这 これ それ あれ"),
    // Function words.
    (
        FUNCTION,
        "the a an of on at as be been do has have had will may might must there their its your you not no more most",
    ),
    (FUNCTION, "is are was were does did can could should would to with about into over by from out up off than"),
    (
        FUNCTION,
        "der die das den dem des ein eine einen einem einer ist sind war von vom zum zur mit auf an aus bei nach nicht",
    ),
    (FUNCTION, "man sich kann wird werden haben hat zu als auch noch wieder weg"),
    (FUNCTION, "le la les l un une des du de d est sont en au aux avec sur se ce cette il elle on ne pas plus t"),
    (FUNCTION, "el los las una unos es son del al con se su sus no más hay de en"),
    (FUNCTION, "в на с со к по о об от из за не бы же был была было быть есть такое"),
    (FUNCTION, "的 是 有 在 了 一下 の は を に が で も です ます して する"),
    (PURPOSE, "for in when if on für im in pour dans para для в по при about regarding according"),
    // Programs.
    (KEYWORD, "fn def const elif struct impl enum println printf sizeof typedef namespace nullptr lambda async await"),
    (KEYWORD, "func boolean instanceof foreach endif console sudo"),
    (
        SOFT_KEYWORD,
        "for if in while let var return class import public private static void int string new else try catch from",
    ),
    (
        SOFT_KEYWORD,
        "not true false null none git function raise print join group by as where order limit and or on set into",
    ),
    (SQL, "select where join insert update delete create values order group table alter drop"),
    (ERROR, "error errors fatal exception warning panic failed failure traceback uncaught unhandled err"),
    (
        ERROR,
        "fehler fehlermeldung ausnahme warnung erreur exception échec error fallo excepción ошибка исключение сбой",
    ),
    (ERROR, "错误 报错 异常 エラー 例外"),
    (
        MESSAGE,
        "panicked segmentation fault dumped core denied refused errno traceback stacktrace backtrace undefined unresolved caused",
    ),
    // Sums.
    (
        CALCULATE,
        "viel wieviel combien cuánto quanto сколько 多少 いくつ calculate compute berechne rechne calcule calculer calcula calcular вычисли посчитай 计算 計算 計算して",
    ),
    (
        ARITHMETIC_CUE,
        "viel is are equals equal calculate compute result of the plus minus times much ist sind ergibt berechne rechne und",
    ),
    (ARITHMETIC_CUE, "font fait égale calcule calculer es son calcula calcular будет равно вычисли посчитай"),
    (ARITHMETIC_CUE, "计算 等于 是 計算 計算して を は して"),
    // Subjects.
    (
        COMPUTING,
        "software program code programming language compiler library server database linux windows api app web website",
    ),
    (
        COMPUTING,
        "boot configuration file class function garbage collector package install version options developer development",
    ),
    (
        COMPUTING,
        "script algorithm cluster container docker memory computer laptop internet network keyboard wireless screenshot phone",
    ),
    (
        COMPUTING,
        "programm sprache datei rechner programmieren logiciel fichier ordinateur programa archivo ordenador móvil",
    ),
    (
        COMPUTING,
        "программа сервер файл компьютер код 手机 电脑 截图 代码 软件 编程 数据 パソコン ワイヤレス コード 接続 プログラム",
    ),
    (
        NATURE,
        "planet orbit surface temperature species habitat animal plant plants metal element atomic toxic ocean sea moon sun",
    ),
    (
        NATURE,
        "speed wild zoo feed feeding poisonous boiling physics chemistry iron oxide corrosion steel climate air emissions",
    ),
    (
        NATURE,
        "planeten tier tiere pflanze pflanzen baum wasser eis luft klima emissionen planète animal plante plantes mer ciel",
    ),
    (
        NATURE,
        "planeta animales plantas hierro mar животное планета море растение земля солнце 动物 植物 行星 海水 动物园 葉 秋 寿命 動物",
    ),
    (
        PLACES,
        "island country city cities capital river mountain travel visit flight hotel trip beach europe european countries route",
    ),
    (
        PLACES,
        "stadt land insel reise hauptstadt frankreich ville villes pays île voyage capitale train avion ciudad país isla viaje",
    ),
    (
        PLACES,
        "viajes capital город страна остров столица поездка поезд 城市 首都 国家 飞机 高铁 北京 新幹線 飛行機 京都 北海道",
    ),
    (
        MONEY,
        "price prices cost costs stock shares market account loan interest money bank bankers company financing inflation buy",
    ),
    (
        MONEY,
        "cheap operating konto kredit zinsen preis preise strompreise kosten geld aktie industrie förderung prix coût compte argent",
    ),
    (
        MONEY,
        "bourse action logements cuenta comisiones precio dinero préstamo acciones цена счёт деньги акции стоит купить",
    ),
    (MONEY, "价格 股票 公司 费用 账户 補助 円安 家計 価格 株価 暖房費 补贴"),
    (FOOD, "recipe pie juice calories cook cooking eat bake bread flour sauce salad soup fruit raw fresh"),
    (FOOD, "rezept kuchen saft essen kochen recette salade tarte jus cuire receta tortilla sopa zumo comer"),
    (FOOD, "рецепт суп супа сок сыр пирог еда муки 吃 食谱 果汁 做法 レシピ 味噌 醤油 料理"),
    (
        HOME,
        "house kitchen garden furniture tool tools repair wall roof window room heating apartment pipe bed haus garten wohnung",
    ),
    (
        HOME,
        "werkzeug möbel schlüssel tür maison jardin cuisine outil porte casa jardín cocina мебель дом дверь ключ инструмент",
    ),
    (
        CULTURE,
        "song album band singer film movie actor book novel game player team score guitar piano music release concert league",
    ),
    (
        CULTURE,
        "lied sänger buch spiel chanson livre jeu canción libro juego песня книга игра 歌 电影 小说 作者 映画 曲",
    ),
    (CULTURE, "schläger turnier spieler"),
    (
        VEHICLES,
        "car cars engine dealer model driver drivers vehicle vehicles fuel tyre tires bus buses auto autos motor",
    ),
    (VEHICLES, "gebrauchtwagen voiture voitures coche híbrido машина двигатель автомобиль 汽车 发动机 車"),
    (
        SOCIETY,
        "law court lawyer legal health immune disease medicine vaccine vaccines school politics government scientific mental",
    ),
    (
        SOCIETY,
        "gesetz anwalt gericht gesundheit parteien schule loi tribunal droit divorce santé juge ley tribunal abogado salud escuela",
    ),
    (SOCIETY, "закон суд здоровье школа 法律 健康 学校 政府 签证 失業保険"),
];

/// A term with several common meanings.
pub(super) struct Term {
    /// Forms of the term in the languages where it has these meanings.
    pub words: &'static str,
    /// Meanings of the term, and the subjects whose words speak for each.
    pub meanings: &'static [(&'static str, Flags)],
}

const fn term(words: &'static str, meanings: &'static [(&'static str, Flags)]) -> Term {
    Term { words, meanings }
}

/// The terms that are known to be ambiguous.
pub(super) const TERMS: &[Term] = &[
    term("mercury merkur mercure", &[("planet", NATURE), ("chemical element", SOCIETY), ("car maker", VEHICLES)]),
    term("java", &[("programming language", COMPUTING), ("island of Indonesia", PLACES), ("coffee", FOOD)]),
    term("python pythons", &[("programming language", COMPUTING), ("snake", NATURE), ("comedy group", CULTURE)]),
    term("jaguar jaguars", &[("animal", NATURE), ("car maker", VEHICLES | MONEY), ("football team", CULTURE)]),
    term("apple apfel", &[("company", COMPUTING | MONEY), ("fruit", FOOD)]),
    term("rust", &[("programming language", COMPUTING), ("corrosion", NATURE | VEHICLES), ("game", CULTURE)]),
    term(
        "swift",
        &[("programming language", COMPUTING), ("bird", NATURE), ("singer", CULTURE), ("payment network", MONEY)],
    ),
    term("bank banks banken", &[("financial institution", MONEY), ("side of a river", NATURE), ("bench", HOME)]),
    term("crane cranes", &[("machine", HOME | VEHICLES), ("bird", NATURE)]),
    term("amazon", &[("company", MONEY | COMPUTING), ("river and forest", NATURE | PLACES)]),
    term("shell", &[("command line", COMPUTING), ("oil company", MONEY), ("hard cover of an animal", NATURE)]),
    term(
        "spring",
        &[
            ("season", NATURE),
            ("framework for Java", COMPUTING),
            ("coil", HOME | VEHICLES),
            ("source of water", PLACES),
        ],
    ),
    term("bat bats", &[("animal", NATURE), ("club used in sport", CULTURE)]),
    term("bass", &[("fish", FOOD | NATURE), ("low voice or instrument", CULTURE)]),
    term("seal seals", &[("animal", NATURE), ("closure", HOME | VEHICLES), ("stamp", SOCIETY)]),
    term("virus", &[("cause of disease", SOCIETY | NATURE), ("malicious program", COMPUTING)]),
    term("cell cells", &[("unit of life", NATURE | SOCIETY), ("battery", VEHICLES), ("field of a table", COMPUTING)]),
    term("phoenix", &[("city in Arizona", PLACES), ("mythical bird", CULTURE), ("web framework", COMPUTING)]),
    term("georgia", &[("country", PLACES), ("state of the USA", SOCIETY), ("typeface", COMPUTING)]),
    term("pitch", &[("height of a sound", CULTURE), ("talk that sells", MONEY), ("slope", HOME)]),
    term("mouse maus souris ratón мышь マウス", &[("animal", NATURE), ("pointing device", COMPUTING)]),
    term("schloss", &[("castle", PLACES | CULTURE), ("lock", HOME)]),
    term("golf", &[("sport", CULTURE), ("car", VEHICLES)]),
    term("kiefer", &[("tree", NATURE), ("jaw", SOCIETY)]),
    term("strauß strauss", &[("bird", NATURE), ("bunch of flowers", HOME), ("composer", CULTURE)]),
    term("leiter", &[("ladder", HOME), ("head of a group", MONEY | SOCIETY), ("conductor", NATURE)]),
    term("avocat avocats", &[("lawyer", SOCIETY), ("avocado", FOOD)]),
    term("glace", &[("ice cream", FOOD), ("ice", NATURE), ("mirror", HOME)]),
    term("vol", &[("flight", PLACES), ("theft", SOCIETY)]),
    term("banco bancos", &[("financial institution", MONEY), ("bench", HOME)]),
    term("gato", &[("animal", NATURE), ("car jack", VEHICLES)]),
    term("sierra", &[("mountains", PLACES), ("saw", HOME)]),
    term("cura", &[("cure", SOCIETY), ("priest", CULTURE)]),
    term("замок", &[("castle", PLACES | CULTURE), ("lock", HOME)]),
    term("лук", &[("onion", FOOD), ("bow", CULTURE)]),
    term("коса", &[("plait", SOCIETY), ("scythe", HOME), ("spit of land", PLACES)]),
    term("苹果", &[("company", COMPUTING), ("fruit", FOOD)]),
    term("小米", &[("company", COMPUTING), ("millet", FOOD)]),
    term("杜鹃", &[("bird", NATURE), ("flower", HOME)]),
    term("はし", &[("bridge", PLACES), ("chopsticks", FOOD), ("edge", HOME)]),
    term("かき", &[("oyster", NATURE), ("persimmon", FOOD)]),
];

// --- The table. ---

/// Longest entry in bytes; longer words are not looked up.
const LONGEST: usize = 32;
/// Longest entry of a writing without spaces, in characters.
const LONGEST_UNSPACED: usize = 6;
const SLOTS: usize = 4_096;

#[derive(Clone, Copy)]
struct Slot {
    hash: u32,
    flags: Flags,
    /// Which list: those of `WORDS`, then those of `TERMS`.
    list: u16,
    start: u16,
    length: u8,
    term: u8,
}

const EMPTY: Slot = Slot { hash: 0, flags: 0, list: 0, start: 0, length: 0, term: 0 };

/// FNV-1a, 32 bits (Fowler, Noll and Vo): short, and good enough for a table that strangers cannot write to.
const FNV_START: u32 = 0x811c_9dc5;

const fn fnv(hash: u32, byte: u8) -> u32 {
    (hash ^ byte as u32).wrapping_mul(0x0100_0193)
}

const fn slot_of(hash: u32) -> usize {
    // The high bits depend on all bytes.
    (hash ^ (hash >> 15)) as usize & (SLOTS - 1)
}

const fn list(index: usize) -> &'static [u8] {
    if index < WORDS.len() { WORDS[index].1.as_bytes() } else { TERMS[index - WORDS.len()].words.as_bytes() }
}

const fn same(slot: Slot, word: &[u8], from: usize, length: usize) -> bool {
    let (stored, mut at) = (list(slot.list as usize), 0);
    if slot.length as usize != length {
        return false;
    }
    while at < length {
        if stored[slot.start as usize + at] != word[from + at] {
            return false;
        }
        at += 1;
    }
    true
}

struct Table {
    slots: [Slot; SLOTS],
    /// One bit for each first character of the writings without spaces, by its low bits.
    unspaced: [u64; 64],
    /// Which beginnings of their entries there are, by hash: a text is not looked at further than some entry goes.
    beginnings: [u64; BEGINNINGS / 64],
}

/// Bits for the beginnings of entries; there are some hundreds.
const BEGINNINGS: usize = 8_192;

const fn beginning_of(hash: u32) -> usize {
    (hash ^ (hash >> 15)) as usize & (BEGINNINGS - 1)
}

static TABLE: Table = build();

const fn build() -> Table {
    let mut table = Table { slots: [EMPTY; SLOTS], unspaced: [0; 64], beginnings: [0; BEGINNINGS / 64] };
    let mut index = 0;
    while index < WORDS.len() + TERMS.len() {
        let words = list(index);
        let mut start = 0;
        while start < words.len() {
            let (mut end, mut hash) = (start, FNV_START);
            while end < words.len() && words[end] != b' ' {
                hash = fnv(hash, words[end]);
                end += 1;
            }
            assert!(
                end > start && end - start <= LONGEST,
                "a list has two spaces in a row, or a word that is too long"
            );
            insert(&mut table, index, start, end - start, hash);
            start = end + 1;
        }
        index += 1;
    }
    table
}

const fn insert(table: &mut Table, index: usize, start: usize, length: usize, hash: u32) {
    let words = list(index);
    let mut at = slot_of(hash);
    while table.slots[at].length > 0 && !(table.slots[at].hash == hash && same(table.slots[at], words, start, length)) {
        at = (at + 1) & (SLOTS - 1);
    }
    if table.slots[at].length == 0 {
        table.slots[at] =
            Slot { hash, flags: 0, list: index as u16, start: start as u16, length: length as u8, term: 0 };
    }
    if index < WORDS.len() {
        table.slots[at].flags |= WORDS[index].0;
    } else {
        table.slots[at].term = (index - WORDS.len() + 1) as u8;
    }
    if words[start] >= 0xe3 {
        let first = low_bits(words[start], words[start + 1], words[start + 2]);
        table.unspaced[first / 64] |= 1 << (first % 64);
        let (mut end, mut hash) = (0, FNV_START);
        while end < length {
            hash = fnv(hash, words[start + end]);
            end += 1;
            if end % 3 == 0 {
                let bit = beginning_of(hash);
                table.beginnings[bit / 64] |= 1 << (bit % 64);
            }
        }
    }
}

/// The low twelve bits of a character of three bytes.
const fn low_bits(first: u8, second: u8, third: u8) -> usize {
    let _ = first;
    ((second & 0x3f) as usize) << 6 | (third & 0x3f) as usize
}

fn lookup(hash: u32, word: &[u8]) -> Option<&'static Slot> {
    let mut at = slot_of(hash);
    loop {
        count_step();
        let slot = &TABLE.slots[at];
        if slot.length == 0 {
            return None;
        }
        if slot.hash == hash && same(*slot, word, 0, word.len()) {
            return Some(slot);
        }
        at = (at + 1) & (SLOTS - 1);
    }
}

/// What is known of a word of a writing with spaces, whatever its case: `(0, 0)` if nothing. Of a word with an
/// apostrophe (`l'avion`, `what's`) that is not known as a whole, both parts are looked up.
pub(super) fn find_in(word: &str) -> (Flags, u8) {
    // Lower case may take more bytes than capitals do, by a half at most.
    let mut lower = [0_u8; LONGEST * 2];
    let (mut length, mut hash, mut apostrophe) = (0, FNV_START, None);
    if word.len() > LONGEST {
        return (0, 0);
    }
    let mut push = |byte: u8| {
        if length < lower.len() {
            lower[length] = byte;
            length += 1;
            hash = fnv(hash, byte);
        }
    };
    if word.is_ascii() {
        for (at, byte) in word.bytes().enumerate() {
            count_step();
            push(byte.to_ascii_lowercase());
            if byte == b'\'' {
                apostrophe = Some((at, at + 1));
            }
        }
    } else {
        for (at, c) in word.char_indices() {
            count_step();
            if matches!(c, '\'' | '’') {
                apostrophe = Some((at, at + c.len_utf8()));
            }
            let mut write = |lower: char| {
                let mut bytes = [0; 4];
                lower.encode_utf8(&mut bytes).bytes().for_each(&mut push);
            };
            // Most letters are these, which are lower case already.
            if matches!(c, 'a'..='z' | 'à'..='ö' | 'а'..='ё') {
                write(c);
            } else {
                c.to_lowercase().for_each(write);
            }
        }
    }
    if let Some(slot) = lookup(hash, &lower[..length]) {
        return (slot.flags, slot.term);
    }
    match apostrophe {
        // The parts have no apostrophe, or fewer; each is shorter, and words have at most 32 bytes.
        Some((end, start)) if end > 0 && start < word.len() => {
            let (first, second) = (find_in(&word[..end]), find_in(&word[start..]));
            // An article does not make a function word of its noun.
            ((first.0 | second.0) & !FUNCTION, first.1.max(second.1))
        }
        _ => (0, 0),
    }
}

/// An entry at the beginning of a text without spaces.
pub(super) struct Prefix {
    pub flags: Flags,
    pub term: u8,
    pub bytes: usize,
    pub chars: u32,
}

/// The longest entry that a text without spaces begins with.
pub(super) fn longest_prefix(text: &str) -> Option<Prefix> {
    let bytes = text.as_bytes();
    let &[first, second, third, ..] = bytes else { return None };
    let bits = low_bits(first, second, third);
    if TABLE.unspaced[bits / 64] & 1 << (bits % 64) == 0 {
        return None;
    }
    let (mut hash, mut found) = (FNV_START, None);
    let mut end = 0;
    for (count, c) in text.chars().take(LONGEST_UNSPACED).enumerate() {
        // Entries consist of characters of three bytes.
        if c.len_utf8() != 3 {
            break;
        }
        for &byte in &bytes[end..end + 3] {
            hash = fnv(hash, byte);
        }
        end += 3;
        let bit = beginning_of(hash);
        if TABLE.beginnings[bit / 64] & 1 << (bit % 64) == 0 {
            break;
        }
        if let Some(slot) = lookup(hash, &bytes[..end]) {
            found = Some(Prefix { flags: slot.flags, term: slot.term, bytes: end, chars: count as u32 + 1 });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_found_in_any_case() {
        for index in 0..WORDS.len() + TERMS.len() {
            for word in std::str::from_utf8(list(index)).unwrap().split(' ') {
                let unspaced = word.as_bytes()[0] >= 0xe3;
                for word in [word.to_owned(), word.to_uppercase()] {
                    let (flags, term) = if unspaced {
                        let prefix = longest_prefix(&word).unwrap_or_else(|| panic!("{word}"));
                        assert_eq!(prefix.bytes, word.len(), "{word}");
                        (prefix.flags, prefix.term)
                    } else if word.to_lowercase() == *word || !word.contains('ß') && !word.contains("SS") {
                        find_in(&word)
                    } else {
                        continue;
                    };
                    match WORDS.get(index) {
                        Some((expected, _)) => assert_eq!(flags & expected, *expected, "{word}"),
                        None => assert_eq!(usize::from(term), index - WORDS.len() + 1, "{word}"),
                    }
                }
            }
        }
    }

    #[test]
    fn lookups_end_after_a_few_slots() {
        let used = TABLE.slots.iter().filter(|slot| slot.length > 0).count();
        assert!(used * 3 < SLOTS, "{used} of {SLOTS} slots are used: make the table larger");
        let (mut run, mut longest) = (0, 0);
        for slot in TABLE.slots.iter().chain(&TABLE.slots) {
            run = if slot.length > 0 { run + 1 } else { 0 };
            longest = longest.max(run);
        }
        assert!(longest <= 24, "{longest} slots in a row are used: make the table larger");
    }

    #[test]
    fn parts_around_an_apostrophe_are_known() {
        assert_ne!(find_in("l'avion").0 & PLACES, 0);
        assert_ne!(find_in("qu’est-ce").0 & INTERROGATIVE, 0);
        assert_eq!(find_in("x'z"), (0, 0));
    }
}
