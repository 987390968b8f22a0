using Engine.Kernels.Bodies;
using Engine.Kernels.Functions;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Gpu;

internal sealed partial class IlgpuDevice
{
    /// <inheritdoc/>
    public override void Reduce<TReducer>(ElementType type, TReducer reducer, Loops kept, Loops reduced, Buffer destination, Buffer x)
    {
        switch (type)
        {
            case ElementType.Float32: ReduceOf<TReducer, ScalarFloat32, float>(reducer, kept, reduced, destination, x); break;
            case ElementType.Float64: ReduceOf<TReducer, ScalarFloat64, double>(reducer, kept, reduced, destination, x); break;
            default: ReduceOf<TReducer, ScalarInt32, int>(reducer, kept, reduced, destination, x); break;
        }
    }

    private void ReduceOf<TReducer, V, T>(TReducer reducer, Loops kept, Loops reduced, Buffer destination, Buffer x)
        where TReducer : struct, IReducer
        where V : unmanaged, ILanes<V, T>
        where T : unmanaged
        => Launch(
            new ReduceBody<TReducer, V, T>(
                reducer, new Nest(kept), new Strides(kept, 1), new Nest(reduced), new Strides(reduced, 0), reduced.Count,
                destination.Write<T>(), x.Read<T>()),
            kept.Count);
}
