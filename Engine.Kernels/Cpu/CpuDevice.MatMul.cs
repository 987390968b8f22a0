using System.Numerics;
using System.Runtime.Intrinsics;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Cpu;

public sealed partial class CpuDevice
{
    /// <inheritdoc/>
    public override void MatMul(ElementType type, MatMulShape shape, Buffer destination, Buffer a, Buffer b, Buffer? bias)
    {
        var form = MatMulForm.Of(shape, bias is not null);
        if (form.Batch == 0 || form.Rows == 0 || form.Columns == 0)
            return;
        if (form.Exchanged)
            (a, b) = (b, a);
        if (type == ElementType.Float32)
            MatMul<float>(form, destination, a, b, bias);
        else
            MatMul<double>(form, destination, a, b, bias);
    }

    private void MatMul<T>(MatMulForm form, Buffer destination, Buffer a, Buffer b, Buffer? bias)
        where T : unmanaged, INumber<T>
    {
        // A narrow result wastes less of a narrow vector.
        if (Vector512.IsHardwareAccelerated && form.Columns > Vector256<T>.Count)
            MatMul<Register512<T>, Vector512<T>, T>(form, destination, a, b, bias);
        else if (Vector256.IsHardwareAccelerated && form.Columns > Vector128<T>.Count)
            MatMul<Register256<T>, Vector256<T>, T>(form, destination, a, b, bias);
        else
            MatMul<Register128<T>, Vector128<T>, T>(form, destination, a, b, bias);
    }

    private unsafe void MatMul<V, R, T>(MatMulForm form, Buffer destination, Buffer a, Buffer b, Buffer? bias)
        where V : struct, IRegister<R, T>
        where R : struct
        where T : unmanaged, INumber<T>
    {
        T* start = bias is null ? null : bias.Read<T>().Pointer;
        T* to = destination.Write<T>().Pointer;
        Launch(new SmallProducts<V, R, T>(form, to, a.Read<T>().Pointer, b.Read<T>().Pointer, start), form.Batch * form.Tiles, Grain(form, V.Count));
    }

    // Tiles worth a thread: about 15 microseconds at 3 multiply-adds of a vector in a nanosecond.
    private static int Grain(MatMulForm form, int vector)
    {
        long panels = (form.Columns + vector - 1) / vector;
        long matrix = ((long)form.Rows * form.Inner * panels) + (32 * form.Tiles);
        return (int)Math.Max(1, 45_000L * form.Tiles / matrix);
    }
}
