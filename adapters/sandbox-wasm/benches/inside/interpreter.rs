//! A component as large as an interpreter for some language: many functions, much data, one that can be called.

use wasm_encoder::{
    Alias, CanonicalOption, CodeSection, ComponentBuilder, ComponentExportKind, ComponentValType, ConstExpr,
    DataSection, ExportKind, ExportSection, Function, FunctionSection, MemArg, MemorySection, MemoryType,
    Module, ModuleArg, PrimitiveValType, TypeSection, ValType,
};

const FUNCTIONS: u32 = 12_000;
const DATA_BYTES: usize = 8 << 20;

/// An agent that answers nothing, among functions that nobody calls.
pub fn component() -> Vec<u8> {
    let mut component = ComponentBuilder::default();
    let module = component.core_module(None, &module());
    let none: [(&str, ModuleArg); 0] = [];
    let instance = component.core_instantiate(None, module, none);
    let mut alias = |name, kind| component.alias(None, Alias::CoreInstanceExport { instance, kind, name });
    let memory = alias("memory", ExportKind::Memory);
    let realloc = alias("realloc", ExportKind::Func);
    let call = alias("call", ExportKind::Func);
    let (bytes, ty) = component.type_defined(None);
    ty.list(PrimitiveValType::U8);
    let (result, ty) = component.type_defined(None);
    ty.result(
        Some(ComponentValType::Type(bytes)),
        Some(ComponentValType::Primitive(PrimitiveValType::String)),
    );
    let (function, mut ty) = component.type_function(None);
    ty.params([
        ("method", ComponentValType::Primitive(PrimitiveValType::String)),
        ("input", ComponentValType::Type(bytes)),
    ])
    .result(Some(ComponentValType::Type(result)));
    let options = [CanonicalOption::Memory(memory), CanonicalOption::Realloc(realloc)];
    let call = component.lift_func(None, call, function, options);
    component.export("call", ComponentExportKind::Func, call, None);
    component.finish()
}

fn module() -> Module {
    let mut module = Module::new();
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32; 4], [ValType::I32]);
    let mut functions = FunctionSection::new();
    let mut codes = CodeSection::new();
    for number in 0..FUNCTIONS {
        functions.function(0);
        codes.function(&body(number));
    }
    let mut memories = MemorySection::new();
    let pages = (DATA_BYTES as u64 >> 16) + 1;
    memories.memory(MemoryType {
        minimum: pages,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0);
    exports.export("realloc", ExportKind::Func, 0).export("call", ExportKind::Func, 1);
    let mut data = DataSection::new();
    let bytes: Vec<u8> =
        (0..DATA_BYTES as u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    data.active(0, &ConstExpr::i32_const(65_536), bytes);
    module
        .section(&types)
        .section(&functions)
        .section(&memories)
        .section(&exports)
        .section(&codes)
        .section(&data);
    module
}

/// Loads, sums, shifts and stores; the first two functions are those that are called, and only return.
fn body(number: u32) -> Function {
    let mut function = Function::new([(1, ValType::I32)]);
    let mut code = function.instructions();
    if number > 1 {
        for step in 0..60 {
            let at = MemArg { offset: u64::from(number * 8 + step), align: 2, memory_index: 0 };
            code.local_get(step % 5).local_get((step + 1) % 5).i32_load(at).i32_add();
            code.local_get((step + 2) % 5)
                .i32_const((number ^ step) as i32)
                .i32_rotl()
                .i32_xor()
                .local_set(4);
            code.local_get(step % 4).local_get(4).i32_store(at);
        }
    }
    code.i32_const(if number == 0 { 1024 } else { 16 }).end();
    function
}
