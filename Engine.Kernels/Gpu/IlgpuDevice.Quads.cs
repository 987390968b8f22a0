using System.Numerics;
using ILGPU;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Gpu;

internal sealed partial class IlgpuDevice
{
    // From here on it's memory that takes time, and worth another kernel that moves it by quads.
    private const int ManyElements = 1 << 16;

    private ArrayView<Quad<T>> Quads<T>(View<T> view)
        where T : unmanaged, INumber<T>
        => _card.Whole!.Quads(view);

    private bool HasQuads(int count) => _card.Whole is not null && count >= ManyElements && (count & 3) == 0;

    private bool HasQuads(Loops loops, params ReadOnlySpan<Buffer> operands)
    {
        if (loops.Sizes.Length != 1 || !HasQuads(loops.Count))
            return false;
        for (int operand = 0; operand < operands.Length; operand++)
        {
            // A part of another buffer may begin anywhere.
            int stride = loops.InnerStride(operand + 1);
            if (stride is not (0 or 1) || (stride == 1 && (operands[operand].Address & 15) != 0))
                return false;
        }

        return true;
    }
}
