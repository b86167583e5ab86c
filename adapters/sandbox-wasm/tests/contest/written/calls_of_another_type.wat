;; Exports a `call`, which takes nothing and gives a number.
(component
  (core module $m (func (export "call") (result i32) (i32.const 1)))
  (core instance $i (instantiate $m))
  (func (export "call") (result u32) (canon lift (core func $i "call"))))
