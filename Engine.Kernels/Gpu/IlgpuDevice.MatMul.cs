using System.Numerics;
using Engine.Kernels.Bodies;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Gpu;

internal sealed partial class IlgpuDevice
{
    /// <inheritdoc/>
    public override void MatMul(ElementType type, MatMulShape shape, Buffer destination, Buffer a, Buffer b, Buffer? bias)
    {
        switch (type)
        {
            case ElementType.Float32: MatMul<float>(shape, destination, a, b, bias); break;
            case ElementType.Float64: MatMul<double>(shape, destination, a, b, bias); break;
            default: throw new ArgumentException($"MatMul: {type} is not supported, cast to Float32 or Float64.");
        }
    }

    private void MatMul<T>(MatMulShape shape, Buffer destination, Buffer a, Buffer b, Buffer? bias)
        where T : unmanaged, INumber<T>
        => Launch(
            new MatMulBody<T>(shape, destination.Write<T>(), a.Read<T>(), b.Read<T>(), bias?.Read<T>() ?? default),
            checked(shape.Batch * shape.Rows * shape.Columns));
}
