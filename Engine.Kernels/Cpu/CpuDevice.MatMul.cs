using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Cpu;

public sealed partial class CpuDevice
{
    /// <inheritdoc/>
    public override void MatMul(ElementType type, MatMulShape shape, Buffer destination, Buffer a, Buffer b, Buffer? bias)
        => throw new NotSupportedException();
}
