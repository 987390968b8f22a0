using System.Numerics;
using System.Runtime.Intrinsics;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Cpu;

internal sealed partial class CpuDevice
{
    /// <inheritdoc/>
    public override void MatMul(ElementType type, MatMulShape shape, Buffer destination, Buffer a, Buffer b, Buffer? bias)
    {
        var form = MatMulForm.Of(shape, bias is not null);
        if (form.Batch == 0 || form.Rows == 0 || form.Columns == 0)
            return;
        if (form.Exchanged)
            (a, b) = (b, a);
        switch (type)
        {
            case ElementType.Float32: MatMul<float>(form, destination, a, b, bias); break;
            case ElementType.Float64: MatMul<double>(form, destination, a, b, bias); break;
            default: throw new ArgumentException($"MatMul: {type} is not supported, cast to Float32 or Float64.");
        }
    }

    private void MatMul<T>(in MatMulForm form, Buffer destination, Buffer a, Buffer b, Buffer? bias)
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

    private void MatMul<V, R, T>(in MatMulForm form, Buffer destination, Buffer a, Buffer b, Buffer? bias)
        where V : struct, IRegister<R, T>
        where R : struct
        where T : unmanaged, INumber<T>
    {
        if (form.Rows == 1 && (form.TransposedB || (form.Columns == 1 && form.Inner > MatMulForm.BlockInner)))
            MatMulDots<T>(form, destination, a, b, bias);
        else if (SmallProducts<V, R, T>.Suits(form))
            MatMulSmall<V, R, T>(form, destination, a, b, bias);
        else
            MatMulLarge<V, R, T>(form, destination, a, b, bias);
    }

    private unsafe void MatMulDots<T>(in MatMulForm form, Buffer destination, Buffer a, Buffer b, Buffer? bias)
        where T : unmanaged, INumber<T>
    {
        // A unit takes some 7 cycles for an inner index.
        int groups = DotProducts<T>.Groups(form), grain = Math.Max(1, 6_000 / (form.Inner + 4));
        var (to, x, y, start) = See<T>(destination, a, b, bias);
        Launch(new DotProducts<T>(form, to.Pointer, x.Pointer, y.Pointer, start.Pointer), form.Batch * groups, grain, form.Operations);
    }

    private unsafe void MatMulSmall<V, R, T>(in MatMulForm form, Buffer destination, Buffer a, Buffer b, Buffer? bias)
        where V : struct, IRegister<R, T>
        where R : struct
        where T : unmanaged, INumber<T>
    {
        var (to, x, y, start) = See<T>(destination, a, b, bias);
        var products = new SmallProducts<V, R, T>(form, to.Pointer, x.Pointer, y.Pointer, start.Pointer);
        Launch(products, form.Batch * form.Tiles, TileGrain(form, V.Count), form.Operations);
    }

    private unsafe void MatMulLarge<V, R, T>(in MatMulForm form, Buffer destination, Buffer a, Buffer b, Buffer? bias)
        where V : struct, IRegister<R, T>
        where R : struct
        where T : unmanaged, INumber<T>
    {
        int panels = PackPanels<V, R, T>.Panels(form) * (form.BatchStrideB == 0 ? 1 : form.Batch);
        var packed = Allocate((long)panels * PackPanels<V, R, T>.PanelLength(form) * sizeof(T));
        var pack = new PackPanels<V, R, T>(form, packed.Write<T>().Pointer, b.Read<T>().Pointer);
        Launch(pack, panels, (int)Math.Max(1, ElementGrain / ((long)form.Inner * V.Count)));
        var (to, x, y, start) = See<T>(destination, a, packed, bias);
        var products = new LargeProducts<V, R, T>(form, to.Pointer, x.Pointer, y.Pointer, start.Pointer);
        Launch(products, form.Batch * form.Tiles, TileGrain(form, V.Count), form.Operations);
        if (!Recording.IsActive)
            Free(packed);
    }

    private static (View<T> Destination, View<T> A, View<T> B, View<T> Bias) See<T>(Buffer destination, Buffer a, Buffer b, Buffer? bias)
        where T : unmanaged
        => (destination.Write<T>(), a.Read<T>(), b.Read<T>(), bias is null ? default : bias.Read<T>());

    // Tiles worth a thread: about 7 microseconds at 3 multiply-adds of a vector in a nanosecond.
    private static int TileGrain(in MatMulForm form, int vector)
    {
        long panels = (form.Columns + vector - 1) / vector;
        long matrix = ((long)form.Rows * form.Inner * panels) + (32 * form.Tiles);
        return (int)Math.Max(1, 20_000L * form.Tiles / matrix);
    }
}
