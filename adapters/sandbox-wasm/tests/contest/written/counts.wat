;; An agent that counts its calls in its memory, says the count to its log, and answers with it.
(component
  (import "agon:challenge/log@0.2.0" (instance $log (export "write" (func (param "line" string)))))
  (core module $memory
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
  (core instance $memory (instantiate $memory))
  (alias core export $memory "memory" (core memory $mem))
  (core func $log (canon lower (func $log "write") (memory $mem)))
  (core module $m
    (import "host" "memory" (memory 1))
    (import "host" "log" (func $log (param i32 i32)))
    (data (i32.const 512) "0")
    (func (export "call") (param i32 i32 i32 i32) (result i32)
      (i32.store8 (i32.const 512) (i32.add (i32.load8_u (i32.const 512)) (i32.const 1)))
      (call $log (i32.const 512) (i32.const 1))
      (i32.store (i32.const 20) (i32.const 512))
      (i32.store (i32.const 24) (i32.const 1))
      (i32.const 16)))
  (core instance $i (instantiate $m (with "host" (instance
    (export "memory" (memory $mem)) (export "log" (func $log))))))
  (func (export "call") (param "method" string) (param "input" (list u8)) (result (result (list u8) (error string)))
    (canon lift (core func $i "call") (memory $mem) (realloc (func $memory "realloc")))))
