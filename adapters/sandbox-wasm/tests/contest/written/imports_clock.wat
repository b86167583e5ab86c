;; Wants a function that stands in no interface.
(component (import "now" (func (result u64))))
