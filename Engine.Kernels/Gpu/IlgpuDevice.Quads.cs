using System.Numerics;
using Engine.Kernels.Functions;
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

    private void MapQuadsOf<TArity, V, T>(TArity function, Loops loops, Buffer destination, Buffer x, Buffer y, Buffer z, Buffer w)
        where TArity : struct, IArity
        where V : struct, ILanes<V, T>
        where T : unmanaged, INumber<T>
    {
        var to = Quads(destination.Write<T>());
        var from0 = Operand(x, 1);
        var from1 = TArity.Operands > 1 ? Operand(y, 2) : from0;
        var from2 = TArity.Operands > 2 ? Operand(z, 3) : from0;
        var from3 = TArity.Operands > 3 ? Operand(w, 4) : from0;
        Launch(new MapQuads<TArity, V, T>(function, to, from0, from1, from2, from3), loops.Count / 4);

        QuadOperand<T> Operand(Buffer buffer, int number)
        {
            var view = buffer.Read<T>();
            return new(Quads(view), view, loops.InnerStride(number));
        }
    }
}
