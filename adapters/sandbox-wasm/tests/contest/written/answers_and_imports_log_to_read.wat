;; Wants of a granted interface what it does not have, and is an agent otherwise.
(component
  (import "agon:challenge/log@0.2.0" (instance (export "read" (func (result string)))))
  (core module $m
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
    (func (export "call") (param i32 i32 i32 i32) (result i32) (i32.const 16)))
  (core instance $i (instantiate $m))
  (func (export "call") (param "method" string) (param "input" (list u8)) (result (result (list u8) (error string)))
    (canon lift (core func $i "call") (memory $i "memory") (realloc (func $i "realloc")))))
