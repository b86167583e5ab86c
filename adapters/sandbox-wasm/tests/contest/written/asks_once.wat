;; A challenge that calls the agent once, hands its failure on, and scores any answer. The seed is eight numbers that
;; say how: the seat, the score, the count of metrics, whether to loop instead of returning, and the agent's input, four.
;; Every `.wasm` here is made of the `.wat` beside it by `scripts/build-guests.sh`.
(component
  (import "agon:challenge/rules@0.1.0" (instance $rules
    (type $metric' (record (field "name" string) (field "value" s64)))
    (export "metric" (type $metric (eq $metric')))
    (type $description' (record (field "title" string) (field "summary" string)))
    (export "description" (type $description (eq $description')))
    (type $task' (record (field "benchmark" string) (field "config" (list (tuple string string)))
      (field "seed" (list u8)) (field "seats" u32)))
    (export "task" (type $task (eq $task')))
    (type $outcome' (record (field "score" u32) (field "metrics" (list $metric))))
    (export "outcome" (type $outcome (eq $outcome')))
    (type $reason' (enum "trapped" "out-of-fuel" "out-of-memory" "output-too-large" "calls-exhausted" "gave-up"
      "wrong-output"))
    (export "reason" (type $reason (eq $reason')))
    (type $failure' (record (field "reason" $reason) (field "detail" string)))
    (export "failure" (type $failure (eq $failure')))))
  (alias export $rules "description" (type $description))
  (alias export $rules "task" (type $task))
  (alias export $rules "outcome" (type $outcome))
  (alias export $rules "failure" (type $failure))
  (import "agon:challenge/agents@0.1.0" (instance $agents
    (alias outer 1 $failure (type $failure'))
    (export "failure" (type $failure (eq $failure')))
    (type $reply' (record (field "output" (list u8)) (field "fuel" u64)))
    (export "reply" (type $reply (eq $reply')))
    (export "agent" (type $agent (sub resource)))
    (export "[constructor]agent" (func (param "seat" u32) (result (own $agent))))
    (export "[method]agent.call" (func (param "self" (borrow $agent)) (param "method" string)
      (param "input" (list u8)) (result (result $reply (error $failure)))))))
  (core module $memory
    (memory (export "memory") 2)
    (global $free (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
      (global.set $free (i32.add (local.get $at) (local.get 3)))
      (local.get $at)))
  (core instance $memory (instantiate $memory))
  (core func $new (canon lower (func $agents "[constructor]agent")))
  (core func $call (canon lower (func $agents "[method]agent.call")
    (memory $memory "memory") (realloc (func $memory "realloc"))))
  (core module $rest
    (import "host" "memory" (memory 2))
    (import "host" "new" (func $new (param i32) (result i32)))
    (import "host" "call" (func $call (param i32 i32 i32 i32 i32 i32)))
    ;; Two empty strings.
    (func (export "describe") (result i32) (i32.const 65600))
    ;; At 64 stands the reply: tag, then at 72 either the output or reason and detail. At 128 stands our result.
    (func (export "score") (param i32 i32 i32 i32) (param $seed i32) (param i32 i32) (result i32)
      (call $call (call $new (i32.load (local.get $seed))) (i32.const 0) (i32.const 0)
        (i32.add (local.get $seed) (i32.const 16)) (i32.const 16) (i32.const 64))
      (if (i32.load8_u (i32.const 64))
        (then
          (i32.store8 (i32.const 128) (i32.const 1))
          (i32.store8 (i32.const 132) (i32.load8_u (i32.const 72)))
          (i32.store (i32.const 136) (i32.load (i32.const 76)))
          (i32.store (i32.const 140) (i32.load (i32.const 80))))
        (else
          (i32.store (i32.const 132) (i32.load offset=4 (local.get $seed)))
          ;; There all is zero, so that a metric has no name.
          (i32.store (i32.const 136) (i32.const 65536))
          (i32.store (i32.const 140) (i32.load offset=8 (local.get $seed)))))
      (if (i32.load offset=12 (local.get $seed)) (then (loop $again (br $again))))
      (i32.const 128)))
  (core instance $host
    (export "memory" (memory $memory "memory")) (export "new" (func $new)) (export "call" (func $call)))
  (core instance $rest (instantiate $rest (with "host" (instance $host))))
  (func $describe (result $description) (canon lift (core func $rest "describe") (memory $memory "memory")))
  (export "describe" (func $describe))
  (func $score (param "task" $task) (result (result $outcome (error $failure)))
    (canon lift (core func $rest "score") (memory $memory "memory") (realloc (func $memory "realloc"))))
  (export "score" (func $score)))
