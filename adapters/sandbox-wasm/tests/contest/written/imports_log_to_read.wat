;; Wants of a granted interface what it does not have, and offers nothing.
(component
  (import "agon:challenge/log@0.2.0" (instance (export "read" (func (result string))))))
