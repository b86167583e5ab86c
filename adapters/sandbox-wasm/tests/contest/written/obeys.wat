;; An agent that does what its input says, which is four numbers: the deed, and an answer's tag, place and length.
(component
  (core module $m
    ;; Two pages. At 16 stands the result: tag, pointer, length.
    (memory (export "memory") 2)
    (data (i32.const 512) "too\nhard!")
    (global $free (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $at i32)
      (local.set $at (global.get $free))
      (global.set $free (i32.add (global.get $free) (local.get 3)))
      (local.get $at))
    (func $call (export "call") (param i32 i32) (param $input i32) (param i32) (result i32)
      (block $recurse (block $grow (block $loop (block $answer
        (br_table $answer $loop $grow $recurse (i32.load (local.get $input))))
        ;; 0: answers
        (i32.store8 (i32.const 16) (i32.load offset=4 (local.get $input)))
        (i32.store (i32.const 20) (i32.load offset=8 (local.get $input)))
        (i32.store (i32.const 24) (i32.load offset=12 (local.get $input)))
        (return (i32.const 16)))
        ;; 1: loops
        (loop $again (br $again)))
        ;; 2: asks for 1000 pages, then traps
        (drop (memory.grow (i32.const 1000)))
        (unreachable))
      ;; 3: calls itself
      (call $call (local.get 0) (local.get 1) (local.get $input) (local.get 3))))
  (core instance $i (instantiate $m))
  (func (export "call") (param "method" string) (param "input" (list u8)) (result (result (list u8) (error string)))
    (canon lift (core func $i "call") (memory $i "memory") (realloc (func $i "realloc")))))
