//! What each instruction costs in fuel. A unit is what the slowest machine that meets the requirements does in 25 ns at
//! most (`agon_types::limits::FUEL_PER_MS_MIN`), so what may take longer costs more; `docs/benchmarks.md` has what was
//! measured. The engine counts fuel when it enters a function, at every loop, and before whatever moves many bytes.

use crate::limits;
use wasmtime::OperatorCost;

/// A load that no cache and no table of pages answers.
const LOAD: u8 = 16;
/// A store: nobody waits for it, but the line comes from memory all the same.
const STORE: u8 = 6;
/// A division, on processors that take a hundred cycles for one.
const DIVISION: u8 = 4;
/// Arithmetic of floats, on processors that take a hundred and fifty cycles for the least of all numbers.
const FLOAT: u8 = 4;
/// The same where it takes long with any numbers.
const ROOT: u8 = 8;
/// One that becomes many instructions of a processor without the newest vectors.
const VECTOR: u8 = 2;
/// A call: code that no cache holds, or a frame of many pages.
const CALL: u8 = 32;
/// The same by way of a table, whose entries and types no cache holds either.
const INDIRECT_CALL: u8 = 40;
/// A look at a table, or a small piece of work that the engine does outside of the guest's code.
const TABLE: u8 = 10;
/// The beginning of a piece of work that grows with what it moves.
const BULK: u8 = 16;
/// A growth of memory: the kernel changes its map.
const GROWTH: u8 = 200;

macro_rules! price {
    ($costs:ident: $($price:ident for $($operator:ident)+;)+) => { $($($costs.$operator = $price;)+)+ };
}

/// One unit each, if it costs anything; what is named here costs more.
pub fn prices() -> OperatorCost {
    let mut costs = OperatorCost::new();
    plain(&mut costs);
    vectors(&mut costs);
    costs.variable.memory_grow_per_page = limits::GROWN_PAGE_FUEL;
    costs
}

fn plain(costs: &mut OperatorCost) {
    price! { costs:
        LOAD for I32Load I64Load F32Load F64Load I32Load8S I32Load8U I32Load16S I32Load16U I64Load8S I64Load8U
            I64Load16S I64Load16U I64Load32S I64Load32U;
        STORE for I32Store I64Store F32Store F64Store I32Store8 I32Store16 I64Store8 I64Store16 I64Store32;
        DIVISION for I32DivS I32DivU I32RemS I32RemU I64DivS I64DivU I64RemS I64RemU;
        FLOAT for F32Add F32Sub F32Mul F64Add F64Sub F64Mul F32DemoteF64 F64PromoteF32;
        ROOT for F32Sqrt F32Div F64Sqrt F64Div;
        CALL for Call;
        INDIRECT_CALL for CallIndirect;
        TABLE for TableGet TableSet RefFunc DataDrop ElemDrop;
        BULK for MemoryInit MemoryCopy MemoryFill TableInit TableCopy TableFill TableGrow;
        GROWTH for MemoryGrow;
    }
}

fn vectors(costs: &mut OperatorCost) {
    price! { costs:
        LOAD for V128Load V128Load8x8S V128Load8x8U V128Load16x4S V128Load16x4U V128Load32x2S V128Load32x2U
            V128Load8Splat V128Load16Splat V128Load32Splat V128Load64Splat V128Load32Zero V128Load64Zero
            V128Load8Lane V128Load16Lane V128Load32Lane V128Load64Lane;
        STORE for V128Store V128Store8Lane V128Store16Lane V128Store32Lane V128Store64Lane;
        FLOAT for F32x4Add F32x4Sub F32x4Mul F64x2Add F64x2Sub F64x2Mul F32x4DemoteF64x2Zero F64x2PromoteLowF32x4;
        ROOT for F32x4Sqrt F32x4Div F64x2Sqrt F64x2Div;
        VECTOR for I64x2Mul I8x16Popcnt I8x16Swizzle I8x16Shuffle I8x16Shl I8x16ShrS I8x16ShrU I64x2ShrS
            F32x4Min F32x4Max F64x2Min F64x2Max I32x4TruncSatF32x4S I32x4TruncSatF32x4U
            I32x4TruncSatF64x2SZero I32x4TruncSatF64x2UZero F32x4ConvertI32x4U;
    }
}
