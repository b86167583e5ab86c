//! Guests that never end, each of one kind of instruction: whatever takes a machine longest for the fuel that it costs.

use crate::text::Guest;

/// A guest that does one thing for ever.
pub struct Burner {
    pub name: &'static str,
    /// Pages of its memory, of which there is one at least for what its host hands over.
    pub pages: u32,
    /// What it burns at most before it comes to that one thing.
    pub setup_fuel: u64,
    fields: String,
    body: String,
}

/// So many times one thing in one round of its loop, so that the loop itself costs next to nothing.
const ROUND: usize = 64;

/// Numbers of which each follows from the last, and which do not repeat before all below a power of two were there.
const NEXT: &str = "(i32.add (i32.mul (local.get $x) (i32.const 1664525)) (i32.const 1013904223))";

/// One in the other, `@` being the inner one.
fn nested(outer: &str, inner: &str) -> String {
    (0..ROUND).fold(inner.to_owned(), |inside, _| outer.replace('@', &inside))
}

impl Burner {
    fn new(name: &'static str, locals: &str, round: &str) -> Self {
        let body = format!("{locals} (loop $l {round} (br $l)) (i32.const 960)");
        Self { name, pages: 8, setup_fuel: 0, fields: String::new(), body }
    }

    /// One thing, again and again.
    fn repeats(name: &'static str, locals: &str, one: &str) -> Self {
        Self::new(name, locals, &one.repeat(ROUND))
    }

    /// A value that goes through the same again and again, each time as the last left it.
    fn chain(name: &'static str, locals: &str, outer: &str) -> Self {
        Self::new(name, locals, &format!("(local.set $x {})", nested(outer, "(local.get $x)")))
    }

    fn fields(mut self, fields: &str) -> Self {
        self.fields = fields.to_owned();
        self
    }

    fn memory(mut self, pages: u32) -> Self {
        self.pages = pages;
        self
    }

    /// Follows pointers from line to line, through all its memory in no order; each line is read `at` a place in it.
    fn chases(name: &'static str, pages: u32, shift: u32, load: &str) -> Self {
        let places = (pages << 16) >> shift;
        let before = format!(
            "(local $x i32) (local $y i32) (local $n i32) \
             (loop $s (local.set $y (i32.and {NEXT} (i32.const {}))) \
               (i32.store OFFSET (i32.shl (local.get $x) (i32.const {shift})) (i32.shl (local.get $y) (i32.const {shift}))) \
               (local.set $x (local.get $y)) \
               (br_if $s (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const {}))))",
            places - 1,
            // The last place was never written, so it leads to the first one.
            places - 1,
        );
        let offset = load.split_whitespace().find(|word| word.starts_with("offset")).unwrap_or_default();
        let mut burner = Self::chain(name, &before.replace("OFFSET", offset), load);
        burner.setup_fuel = u64::from(places) * 30;
        // What is read over the end of the last page is there too.
        burner.memory(pages + u32::from(!offset.is_empty()))
    }

    pub fn agent(&self) -> Guest {
        self.put(Guest::agent(), "call")
    }

    pub fn challenge(&self) -> Guest {
        self.put(Guest::challenge(), "score")
    }

    fn put(&self, guest: Guest, export: &'static str) -> Guest {
        guest.memory(&self.pages.to_string()).fields(&self.fields).does(export, &self.body)
    }
}

/// Those that take a machine longest, for whatever place a guest has.
pub fn worst() -> Vec<Burner> {
    vec![
        Burner::chases("chases pointers through all its memory", 1024, 6, "(i32.load @)"),
        stores(1024),
        Burner::chain(
            "divides without end",
            "(local $x i64) (local $c i64) (local.set $x (i64.const 3)) (local.set $c (i64.const 9223372036854775807))",
            "(i64.div_s (local.get $c) @)",
        ),
        Burner::chain(
            "draws roots without end",
            "(local $x f64) (local.set $x (f64.const 1e300))",
            "(f64.sqrt @)",
        ),
    ]
}

fn stores(pages: u32) -> Burner {
    let mask = (pages << 16) - 4;
    let one = format!("(i32.store (i32.and (local.tee $x {NEXT}) (i32.const {mask})) (local.get $x))");
    // Every page is there before, for pages have a price of their own.
    let locals = format!(
        "(local $x i32) (loop $s (i32.store (local.get $x) (i32.const 1)) \
           (br_if $s (i32.lt_u (local.tee $x (i32.add (local.get $x) (i32.const 4096))) (i32.const {}))))",
        pages << 16
    );
    let mut burner = Burner::repeats("stores all over its memory", &locals, &one);
    burner.setup_fuel = u64::from(pages) * 16 * 20;
    burner.memory(pages)
}

/// One of each kind of instruction that takes a machine longer than an addition.
pub fn all() -> Vec<Burner> {
    let mut all = worst();
    all.extend(memory());
    all.extend(numbers());
    all.extend(vectors());
    all.extend(tables());
    all.extend(calls());
    all
}

fn memory() -> Vec<Burner> {
    let one = "(local $z i32) (local $n i32) (local.set $n (i32.const 1))";
    vec![
        Burner::chases("chases pointers through 512 MiB", 8192, 6, "(i32.load @)"),
        Burner::chases("loads over the ends of pages", 4096, 12, "(i32.wrap_i64 (i64.load offset=4092 @))"),
        Burner::chases(
            "loads vectors over the ends of pages",
            4096,
            12,
            "(i32x4.extract_lane 0 (v128.load offset=4088 @))",
        ),
        stores(8192),
        Burner::repeats("asks for its size", "", "(drop (memory.size))"),
        Burner::repeats("grows by nothing", "", "(drop (memory.grow (i32.const 0)))"),
        Burner::repeats("fills one byte", one, "(memory.fill (local.get $z) (local.get $n) (local.get $n))"),
        Burner::repeats("copies one byte", one, "(memory.copy (local.get $z) (local.get $n) (local.get $n))"),
        Burner::repeats(
            "takes one byte of its data",
            one,
            "(memory.init $d (local.get $z) (local.get $z) (local.get $n))",
        )
        .fields("(data $d \"abc\")"),
        Burner::repeats("drops its data", "", "(data.drop $d)").fields("(data $d \"abc\")"),
        Burner::repeats(
            "fills 64 MiB",
            "(local $n i32) (local.set $n (i32.const 67108864))",
            "(memory.fill (i32.const 0) (i32.const 1) (local.get $n))",
        )
        .memory(1024),
        Burner::repeats(
            "copies 32 MiB",
            "(local $n i32) (local.set $n (i32.const 33554432))",
            "(memory.copy (i32.const 0) (local.get $n) (local.get $n))",
        )
        .memory(1024),
    ]
}

fn numbers() -> Vec<Burner> {
    let long = "(local $x i64) (local $c i64) (local.set $x (i64.const 3)) (local.set $c (i64.const 9223372036854775807))";
    let short =
        "(local $x i32) (local $c i32) (local.set $x (i32.const 3)) (local.set $c (i32.const 2147483647))";
    let float =
        "(local $x f64) (local $c f64) (local.set $x (f64.const 1.3)) (local.set $c (f64.const 1.7e9))";
    // The least of all numbers take many processors a hundred cycles more.
    let least =
        "(local $x f64) (local $c f64) (local.set $x (f64.const 0x1p-1060)) (local.set $c (f64.const 1))";
    let least_short =
        "(local $x f32) (local $c f32) (local.set $x (f32.const 0x1p-140)) (local.set $c (f32.const 1))";
    vec![
        Burner::chain("i64.div_u", long, "(i64.div_u (local.get $c) @)"),
        Burner::chain("i64.rem_s", long, "(i64.or (i64.const 5) (i64.rem_s (local.get $c) @))"),
        Burner::chain("i32.div_s", short, "(i32.div_s (local.get $c) @)"),
        Burner::chain("i64.mul", long, "(i64.mul (local.get $c) @)"),
        Burner::chain("i64.popcnt", long, "(i64.popcnt @)"),
        Burner::chain("i64.clz", long, "(i64.clz @)"),
        Burner::chain("f64.div", float, "(f64.div (local.get $c) @)"),
        Burner::chain("f64.add", float, "(f64.add (local.get $c) @)"),
        Burner::chain("f64.min", float, "(f64.min (local.get $c) @)"),
        Burner::chain("f64.nearest", float, "(f64.nearest @)"),
        Burner::chain("f64.mul of least numbers", least, "(f64.mul (local.get $c) @)"),
        Burner::chain("f64.add of least numbers", least, "(f64.add (local.get $x) @)"),
        Burner::chain("f64.div of least numbers", least, "(f64.div @ (local.get $c))"),
        Burner::chain(
            "f32.sqrt of least numbers",
            least_short,
            "(f32.mul (f32.const 0x1p-139) (f32.sqrt @))",
        ),
        Burner::chain(
            "demotes and promotes least numbers",
            least_short,
            "(f32.demote_f64 (f64.promote_f32 @))",
        ),
        Burner::chain("i64.trunc_sat_f64_u", float, "(f64.convert_i64_u (i64.trunc_sat_f64_u @))"),
    ]
}

fn vectors() -> Vec<Burner> {
    let locals = "(local $x v128) (local $c v128) \
        (local.set $x (v128.const f64x2 1.7e300 3.1e300)) (local.set $c (v128.const f64x2 1.1e3 2.7e3))";
    let names = [
        ("f64x2.sqrt", "(f64x2.sqrt @)"),
        ("f64x2.div", "(f64x2.div (local.get $c) @)"),
        ("f32x4.div", "(f32x4.div (local.get $c) @)"),
        ("f32x4.min", "(f32x4.min (local.get $c) @)"),
        ("f64x2.nearest", "(f64x2.nearest @)"),
        ("i64x2.mul", "(i64x2.mul (local.get $c) @)"),
        ("i8x16.popcnt", "(i8x16.popcnt @)"),
        ("i8x16.shr_s", "(i8x16.shr_s @ (i32.const 3))"),
        ("i64x2.shr_s", "(i64x2.shr_s @ (i32.const 3))"),
        ("i8x16.swizzle", "(i8x16.swizzle @ (local.get $c))"),
        ("i32x4.trunc_sat_f32x4_u", "(i32x4.trunc_sat_f32x4_u @)"),
        ("i32x4.trunc_sat_f64x2_u_zero", "(i32x4.trunc_sat_f64x2_u_zero @)"),
        ("f32x4.convert_i32x4_u", "(f32x4.convert_i32x4_u @)"),
        ("i64x2.abs", "(i64x2.abs @)"),
        ("i16x8.q15mulr_sat_s", "(i16x8.q15mulr_sat_s (local.get $c) @)"),
        (
            "i8x16.all_true and bitmask",
            "(i8x16.splat (i32.add (i8x16.all_true (local.get $x)) (i8x16.bitmask @)))",
        ),
    ];
    names.into_iter().map(|(name, outer)| Burner::chain(name, locals, outer)).collect()
}

fn tables() -> Vec<Burner> {
    let one = "(local $z i32) (local $n i32) (local.set $n (i32.const 1))";
    let table = "(table $t 10000 funcref) (elem $e func $f) (elem declare func $f) (func $f)";
    let repeats = |name, one_thing: &str| Burner::repeats(name, one, one_thing).fields(table);
    vec![
        repeats("table.get", "(table.set $t (local.get $z) (table.get $t (local.get $n)))"),
        repeats("table.size", "(drop (table.size $t))"),
        repeats("table.grow by nothing", "(drop (table.grow $t (ref.null func) (local.get $z)))"),
        repeats("table.fill of one", "(table.fill $t (local.get $z) (ref.null func) (local.get $n))"),
        repeats("table.copy of one", "(table.copy $t $t (local.get $z) (local.get $n) (local.get $n))"),
        repeats("table.init of one", "(table.init $t $e (local.get $z) (local.get $z) (local.get $n))"),
        repeats("elem.drop", "(elem.drop $e)"),
        repeats("ref.func", "(table.set $t (local.get $z) (ref.func $f))"),
        Burner::repeats(
            "table.fill of all",
            "(local $n i32) (local.set $n (i32.const 10000))",
            "(table.fill $t (i32.const 0) (ref.null func) (local.get $n))",
        )
        .fields(table),
        Burner::repeats(
            "table.copy of half",
            "(local $n i32) (local.set $n (i32.const 5000))",
            "(table.copy $t $t (i32.const 0) (local.get $n) (local.get $n))",
        )
        .fields(table),
        Burner::repeats(
            "table.init of all",
            "(local $n i32) (local.set $n (i32.const 10000))",
            "(table.init $t $all (i32.const 0) (i32.const 0) (local.get $n))",
        )
        .fields(&format!("{table} (elem $all func {})", "$f ".repeat(10_000))),
    ]
}

/// How many functions there are that no cache holds.
const FUNCTIONS: u32 = 10_000;

/// Functions with much code that is passed over. Each gives the number of another one.
fn functions() -> String {
    let passed: String = (0..60).map(|i| format!("(i32.store (i32.const {i}) (i32.const 77777))")).collect();
    let one = |i: u32| {
        let next = (i * 7919 + 4271) % FUNCTIONS;
        format!("(func $f{i} (param i32) (result i32) (if (local.get 0) (then {passed})) (i32.const {next}))")
    };
    (0..FUNCTIONS).map(one).collect()
}

fn calls() -> Vec<Burner> {
    let named: String = (0..FUNCTIONS).map(|i| format!("$f{i} ")).collect();
    let table = format!("(type $of (func (param i32) (result i32))) (table $t funcref (elem {named}))");
    let in_turn: String =
        (0..FUNCTIONS).map(|i| format!("(drop (call $f{} (i32.const 0)))", i * 7919 % FUNCTIONS)).collect();
    let sets: String =
        (0..30_000).map(|i| format!("(local.set $w{i} (v128.load (i32.const {i})))")).collect();
    let keeps: String =
        (0..30_000).map(|i| format!("(v128.store (i32.const {i}) (local.get $w{i}))")).collect();
    let locals: String = (0..30_000).map(|i| format!("(local $w{i} v128)")).collect();
    let wide = format!(
        "(func $wide (param i32) {locals} (if (local.get 0) (then {sets} (call $wide (i32.const 0)) {keeps})))"
    );
    vec![
        Burner::chain(
            "call_indirect of functions that no cache holds",
            "(local $x i32)",
            "(call_indirect $t (type $of) (i32.const 0) @)",
        )
        .fields(&(functions() + &table)),
        Burner::new("calls of functions that no cache holds", "", &in_turn).fields(&functions()),
        Burner::repeats("calls of nothing", "", "(call $none)").fields("(func $none)"),
        Burner::repeats("calls of a wide frame", "", "(call $wide (i32.const 0))").fields(&wide),
    ]
}
