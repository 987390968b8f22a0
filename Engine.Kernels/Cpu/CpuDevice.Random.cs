using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Cpu;

public sealed partial class CpuDevice
{
    /// <inheritdoc/>
    public override void Random<TDistribution>(ElementType type, TDistribution distribution, RandomShape shape, Buffer destination, Buffer streams)
        => throw new NotSupportedException();
}
