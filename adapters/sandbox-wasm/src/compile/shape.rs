//! What a component is made of, counted without compiling any of it.

use super::refusal;
use crate::limits;
use agon_port::sandbox::Unloadable;
use std::collections::BTreeSet;
use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentImport, ComponentTypeRef, Encoding, Parser, Payload,
    TypeBounds,
};

/// The names and numbers of a component.
#[derive(Debug, Default)]
pub struct Shape {
    /// What the component itself imports, in its order.
    pub imports: Vec<String>,
    /// What the component itself exports.
    pub exports: BTreeSet<String>,
    depth: u32,
    counts: Counts,
}

#[derive(Debug, Default)]
struct Counts {
    modules: u32,
    components: u32,
    functions: u32,
    types: u32,
    core_imports: u32,
    core_exports: u32,
    globals: u32,
    data: u32,
    elements: u32,
    imports: u32,
    exports: u32,
    aliases: u32,
    instances: u32,
    canonical: u32,
}

impl Shape {
    pub fn of(bytes: &[u8]) -> Result<Self, Unloadable> {
        let mut shape = Self::default();
        for payload in Parser::new(0).parse_all(bytes) {
            shape.read(payload.map_err(broken)?)?;
        }
        Ok(shape)
    }

    fn read(&mut self, payload: Payload<'_>) -> Result<(), Unloadable> {
        let counts = &mut self.counts;
        match payload {
            Payload::Version { encoding, .. } => {
                self.depth += 1;
                match encoding {
                    Encoding::Module => add(&mut counts.modules, 1, limits::MODULES_MAX, "modules"),
                    Encoding::Component => {
                        add(&mut counts.components, 1, limits::COMPONENTS_MAX, "components")
                    }
                }
            }
            Payload::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                Ok(())
            }
            Payload::CodeSectionEntry(body) if body.range().len() > limits::FUNCTION_BYTES_MAX => {
                let max = limits::FUNCTION_BYTES_MAX;
                Err(Unloadable::Invalid(format!("a function has more than {max} bytes: split it")))
            }
            Payload::ComponentImportSection(section) => {
                add(&mut counts.imports, section.count(), limits::ITEMS_MAX, "imports")?;
                for import in section.into_iter().filter(|_| self.depth == 1) {
                    self.imports.extend(asked(&import.map_err(broken)?));
                }
                Ok(())
            }
            Payload::ComponentExportSection(section) => {
                add(&mut counts.exports, section.count(), limits::ITEMS_MAX, "exports")?;
                for export in section.into_iter().filter(|_| self.depth == 1) {
                    self.exports.insert(export.map_err(broken)?.name.name.to_owned());
                }
                Ok(())
            }
            Payload::ComponentCanonicalSection(section) => {
                add(&mut counts.canonical, section.count(), limits::ITEMS_MAX, "canonical functions")?;
                section.into_iter().try_for_each(|function| canonical(&function.map_err(broken)?))
            }
            payload => counts.core(&payload),
        }
    }
}

impl Counts {
    fn core(&mut self, payload: &Payload<'_>) -> Result<(), Unloadable> {
        match payload {
            Payload::TypeSection(section) => {
                add(&mut self.types, section.count(), limits::TYPES_MAX, "types")
            }
            Payload::CoreTypeSection(section) => {
                add(&mut self.types, section.count(), limits::TYPES_MAX, "types")
            }
            Payload::ComponentTypeSection(section) => {
                add(&mut self.types, section.count(), limits::TYPES_MAX, "types")
            }
            Payload::ImportSection(section) => {
                add(&mut self.core_imports, section.count(), limits::NAMES_MAX, "imports of core modules")
            }
            Payload::ExportSection(section) => {
                add(&mut self.core_exports, section.count(), limits::NAMES_MAX, "exports of core modules")
            }
            Payload::GlobalSection(section) => {
                add(&mut self.globals, section.count(), limits::NAMES_MAX, "globals")
            }
            Payload::FunctionSection(section) => {
                add(&mut self.functions, section.count(), limits::FUNCTIONS_MAX, "functions")
            }
            Payload::DataSection(section) => {
                add(&mut self.data, section.count(), limits::SEGMENTS_MAX, "pieces of data")
            }
            Payload::ElementSection(section) => {
                add(&mut self.elements, section.count(), limits::SEGMENTS_MAX, "lists of elements")
            }
            Payload::ComponentAliasSection(section) => {
                add(&mut self.aliases, section.count(), limits::ITEMS_MAX, "aliases")
            }
            Payload::ComponentInstanceSection(section) => {
                add(&mut self.instances, section.count(), limits::ITEMS_MAX, "instances")
            }
            Payload::InstanceSection(section) => {
                add(&mut self.instances, section.count(), limits::ITEMS_MAX, "instances")
            }
            _ => Ok(()),
        }
    }
}

fn add(sum: &mut u32, more: u32, max: u32, what: &str) -> Result<(), Unloadable> {
    *sum = sum.saturating_add(more);
    match *sum <= max {
        true => Ok(()),
        false => Err(Unloadable::Invalid(format!("it has more than {max} {what}"))),
    }
}

/// What an import asks for. A second name for a type of an interface asks for nothing: `use` in a world makes such names.
fn asked(import: &ComponentImport<'_>) -> Option<String> {
    let is_name = matches!(import.ty, ComponentTypeRef::Type(TypeBounds::Eq(_)));
    (!is_name).then(|| import.name.name.to_owned())
}

/// Texts pass as UTF-8 only: turning one encoding into another is where engines have read out of bounds.
fn canonical(function: &CanonicalFunction) -> Result<(), Unloadable> {
    let options = match function {
        CanonicalFunction::Lift { options, .. } | CanonicalFunction::Lower { options, .. } => options,
        _ => return Ok(()),
    };
    let other =
        |option: &CanonicalOption| matches!(option, CanonicalOption::UTF16 | CanonicalOption::CompactUTF16);
    match options.iter().any(other) {
        true => Err(Unloadable::Invalid("its texts are not in UTF-8".to_owned())),
        false => Ok(()),
    }
}

fn broken(error: wasmparser::BinaryReaderError) -> Unloadable {
    refusal::of(wasmtime::Error::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{
        CodeSection, Component, Function, FunctionSection, ImportSection, Module, ModuleSection, TypeSection,
    };

    /// A component of so many modules.
    fn component(module: &Module, count: u32) -> Vec<u8> {
        let mut component = Component::new();
        for _ in 0..count {
            component.section(&ModuleSection(module));
        }
        component.finish()
    }

    fn functions(count: u32, bytes: usize) -> Module {
        let (mut types, mut functions, mut codes) =
            (TypeSection::new(), FunctionSection::new(), CodeSection::new());
        types.ty().function([], []);
        let mut body = Function::new([]);
        for _ in 0..bytes {
            body.instructions().nop();
        }
        body.instructions().end();
        for _ in 0..count {
            functions.function(0);
            codes.function(&body);
        }
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&codes);
        module
    }

    fn imports(count: u32) -> Module {
        let (mut types, mut imports) = (TypeSection::new(), ImportSection::new());
        types.ty().function([], []);
        for number in 0..count {
            imports.import("host", &number.to_string(), wasm_encoder::EntityType::Function(0));
        }
        let mut module = Module::new();
        module.section(&types).section(&imports);
        module
    }

    #[test]
    fn every_number_has_a_maximum() {
        for (desc, bytes, words) in [
            ("modules", component(&Module::new(), 101), Some("100 modules")),
            ("modules", component(&Module::new(), 100), None),
            ("functions", component(&functions(50_001, 0), 2), Some("100000 functions")),
            ("functions", component(&functions(50_000, 0), 2), None),
            ("bodies", component(&functions(1, 1 << 20), 1), Some("split it")),
            ("bodies", component(&functions(1, (1 << 20) - 8), 1), None),
            ("imports", component(&imports(20_001), 1), Some("20000 imports of core modules")),
            ("imports", component(&imports(20_000), 1), None),
        ] {
            let refused = Shape::of(&bytes).err().map(|refused| refused.to_string());
            match (&refused, words) {
                (Some(said), Some(words)) => assert!(said.contains(words), "{desc}: {said}"),
                (None, None) => {}
                _ => panic!("{desc}: {refused:?}"),
            }
        }
    }

    #[test]
    fn components_in_components_are_counted_and_have_no_say_in_what_is_imported() {
        let mut deep = Component::new();
        for _ in 0..100 {
            let mut outer = Component::new();
            outer.section(&wasm_encoder::NestedComponentSection(&deep));
            deep = outer;
        }
        let refused = Shape::of(&deep.finish()).unwrap_err().to_string();
        assert!(refused.contains("100 components"), "{refused}");
        let mut inner = Component::new();
        let mut imports = wasm_encoder::ComponentImportSection::new();
        imports.import("now", wasm_encoder::ComponentTypeRef::Func(0));
        inner.section(&imports);
        let mut outer = Component::new();
        outer.section(&wasm_encoder::NestedComponentSection(&inner));
        assert_eq!(Shape::of(&outer.finish()).unwrap().imports, Vec::<String>::new());
    }
}
