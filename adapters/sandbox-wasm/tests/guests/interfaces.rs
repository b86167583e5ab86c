//! The interfaces of `wit/agon.wit` as the text of a component writes them, and how the engine flattens them.

/// What a guest may import from its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Interface {
    Log,
    Random,
    Agents,
    State,
    Inbox,
    Submissions,
    Web,
    Artifacts,
}

/// A function of an interface: what the guest's module calls it, its name, and the parameters that are left of it.
pub struct Function {
    pub short: &'static str,
    pub name: &'static str,
    pub core: &'static str,
}

const fn function(short: &'static str, name: &'static str, core: &'static str) -> Function {
    Function { short, name, core }
}

/// All records of the interface `rules`, and names for those that a world uses.
pub const RULES: &str = r#"
  (import "agon:challenge/rules@0.2.0" (instance $rules
    (type $description' (record (field "title" string) (field "summary" string)))
    (export "description" (type $description (eq $description')))
    (type $task' (record (field "benchmark" string) (field "config" (list (tuple string string)))
      (field "seed" (list u8)) (field "epoch" u64) (field "seats" u32)))
    (export "task" (type $task (eq $task')))
    (type $metric' (record (field "name" string) (field "value" s64)))
    (export "metric" (type $metric (eq $metric')))
    (type $outcome' (record (field "score" u32) (field "metrics" (list $metric))))
    (export "outcome" (type $outcome (eq $outcome')))
    (type $reason' (enum "trapped" "out-of-fuel" "out-of-memory" "output-too-large" "calls-exhausted" "gave-up"
      "wrong-output" "unloadable"))
    (export "reason" (type $reason (eq $reason')))
    (type $failure' (record (field "reason" $reason) (field "detail" string)))
    (export "failure" (type $failure (eq $failure')))
    (type $measured' (record (field "benchmark" string) (field "score" u32) (field "metrics" (list $metric))))
    (export "measured" (type $measured (eq $measured')))
    (type $row' (record (field "submission" string) (field "hotkey" string) (field "label" string)
      (field "score" u32) (field "eligible" bool) (field "benchmarks" (list $measured))))
    (export "row" (type $row (eq $row')))
    (type $weighing' (record (field "epoch" u64) (field "seed" (list u8)) (field "rows" (list $row))))
    (export "weighing" (type $weighing (eq $weighing')))
    (type $points' (record (field "submission" string) (field "points" u64)))
    (export "points" (type $points (eq $points')))
    (type $request' (record (field "route" string) (field "path" string)
      (field "parameters" (list (tuple string string))) (field "query" (list (tuple string string)))))
    (export "request" (type $request (eq $request')))
    (type $response' (record (field "status" u16) (field "content-type" string) (field "body" (list u8))))
    (export "response" (type $response (eq $response')))
    (type $refusal' (variant (case "denied" string) (case "failed" string) (case "exceeded" string)))
    (export "refusal" (type $refusal (eq $refusal')))))
  (alias export $rules "description" (type $description))
  (alias export $rules "task" (type $task))
  (alias export $rules "outcome" (type $outcome))
  (alias export $rules "failure" (type $failure))
  (alias export $rules "weighing" (type $weighing))
  (alias export $rules "points" (type $points))
  (alias export $rules "request" (type $request))
  (alias export $rules "response" (type $response))
  (alias export $rules "refusal" (type $refusal))
"#;

/// How an interface takes over the refusals of `rules`.
const REFUSAL: &str =
    r#"(alias outer 1 $refusal (type $refusal')) (export "refusal" (type $refusal (eq $refusal')))"#;

impl Interface {
    pub const ALL: [Self; 8] = [
        Self::Log,
        Self::Random,
        Self::Agents,
        Self::State,
        Self::Inbox,
        Self::Submissions,
        Self::Web,
        Self::Artifacts,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Random => "random",
            Self::Agents => "agents",
            Self::State => "state",
            Self::Inbox => "inbox",
            Self::Submissions => "submissions",
            Self::Web => "web",
            Self::Artifacts => "artifacts",
        }
    }

    /// The functions in the order of the interface; the last parameter of most is where the result goes.
    pub fn functions(self) -> Vec<Function> {
        match self {
            Self::Log => vec![function("log", "write", "i32 i32")],
            Self::Random => vec![function("random", "bytes", "i32 i32 i32 i32")],
            Self::Agents => vec![
                function("open", "[constructor]agent", "i32) (result i32"),
                function("call", "[method]agent.call", "i32 i32 i32 i32 i32 i32"),
            ],
            Self::State => vec![
                function("get", "get", "i32 i32 i32"),
                function("keys", "keys", "i32 i32 i32 i32 i32 i32 i32"),
                function("set", "set", "i32 i32 i32 i32 i32"),
                function("remove", "remove", "i32 i32 i32"),
            ],
            Self::Inbox => vec![function("posts", "read", "i32 i32 i32")],
            Self::Submissions => vec![function("submissions", "read", "i32 i32 i32 i32 i32")],
            Self::Web => vec![function("fetch", "fetch", "i32 i32 i32 i32 i32 i32 i32 i32 i32")],
            Self::Artifacts => vec![
                function("piece", "read", "i32 i32 i64 i32 i32"),
                function("keep", "keep", "i32 i32 i32"),
            ],
        }
    }

    /// The import as a component writes it, under a version.
    pub fn import(self, version: &str) -> String {
        let name = self.name();
        let body = self.body();
        format!("  (import \"agon:challenge/{name}@{version}\" (instance ${name} {body}))\n")
    }

    fn body(self) -> String {
        let refusing = |functions: &str| format!("{REFUSAL} {functions}");
        match self {
            Self::Log => r#"(export "write" (func (param "line" string)))"#.to_owned(),
            Self::Random => {
                r#"(export "bytes" (func (param "label" string) (param "count" u32) (result (list u8))))"#
                    .to_owned()
            }
            Self::Agents => AGENTS.to_owned(),
            Self::State => refusing(
                r#"(export "get" (func (param "key" string) (result (result (option (list u8)) (error $refusal)))))
                (export "keys" (func (param "prefix" string) (param "after" (option string)) (param "limit" u32)
                  (result (result (list string) (error $refusal)))))
                (export "set" (func (param "key" string) (param "value" (list u8)) (result (result (error $refusal)))))
                (export "remove" (func (param "key" string) (result (result (error $refusal)))))"#,
            ),
            Self::Inbox => refusing(
                r#"(type $post' (record (field "hotkey" string) (field "sequence" u64) (field "message" (list u8))))
                (export "post" (type $post (eq $post')))
                (export "read" (func (param "after" u32) (param "limit" u32)
                  (result (result (list $post) (error $refusal)))))"#,
            ),
            Self::Submissions => refusing(
                r#"(type $entry' (record (field "submission" string) (field "hotkey" string) (field "label" string)
                  (field "status" string) (field "score" (option (tuple u32 u64)))))
                (export "entry" (type $entry (eq $entry')))
                (export "read" (func (param "after" (option string)) (param "limit" u32)
                  (result (result (list $entry) (error $refusal)))))"#,
            ),
            Self::Web => refusing(
                r#"(type $asked' (record (field "method" string) (field "url" string)
                  (field "headers" (list (tuple string string))) (field "body" (list u8))))
                (export "request" (type $asked (eq $asked')))
                (type $answered' (record (field "status" u16) (field "headers" (list (tuple string string)))
                  (field "body" (list u8))))
                (export "response" (type $answered (eq $answered')))
                (export "fetch" (func (param "request" $asked) (result (result $answered (error $refusal)))))"#,
            ),
            Self::Artifacts => refusing(
                r#"(export "read" (func (param "digest" string) (param "offset" u64) (param "length" u32)
                  (result (result (list u8) (error $refusal)))))
                (export "keep" (func (param "bytes" (list u8)) (result (result string (error $refusal)))))"#,
            ),
        }
    }
}

const AGENTS: &str = r#"
    (alias outer 1 $failure (type $failure'))
    (export "failure" (type $failure (eq $failure')))
    (type $reply' (record (field "output" (list u8)) (field "fuel" u64)))
    (export "reply" (type $reply (eq $reply')))
    (export "agent" (type $agent (sub resource)))
    (export "[constructor]agent" (func (param "seat" u32) (result (own $agent))))
    (export "[method]agent.call" (func (param "self" (borrow $agent)) (param "method" string)
      (param "input" (list u8)) (result (result $reply (error $failure)))))"#;
