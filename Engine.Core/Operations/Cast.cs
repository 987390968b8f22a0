using Engine.Kernels;
using Engine.Kernels.Bodies;

namespace Engine.Core.Operations;

/// <summary>
/// The same values as another element type: to Int32 towards zero (from out of range to the nearest, from NaN to 0), else rounded to
/// nearest.
/// </summary>
/// <param name="Target">The element type of the result, another than the input's.</param>
internal sealed record Cast(ElementType Target) : Operation
{
    /// <inheritdoc/>
    public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [x[0].Type.IsFloat() && g.Type.IsFloat() ? g.Cast(x[0].Type) : null];

    /// <inheritdoc/>
    protected override Tensor Batched(BatchedInputs x) => Apply(x[0]);

    /// <inheritdoc/>
    protected override (ElementType Type, Shape Shape) Infer(Tensor[] x) => (Target, x[0].Shape);

    /// <inheritdoc/>
    protected override void Compute(Tensor y, Tensor[] x)
    {
        var (to, from) = (y.Buffer, x[0].Buffer);
        switch (x[0].Type, Target)
        {
            case (ElementType.Float32, ElementType.Float64): Run(new WidenBody(to.Write<double>(), from.Read<float>())); break;
            case (ElementType.Float64, ElementType.Float32): Run(new NarrowBody(to.Write<float>(), from.Read<double>())); break;
            case (ElementType.Int32, ElementType.Float32): Run(new IntegerToSingleBody(to.Write<float>(), from.Read<int>())); break;
            case (ElementType.Int32, ElementType.Float64): Run(new IntegerToDoubleBody(to.Write<double>(), from.Read<int>())); break;
            case (ElementType.Float32, ElementType.Int32): Run(new SingleToIntegerBody(to.Write<int>(), from.Read<float>())); break;
            case (ElementType.Float64, ElementType.Int32): Run(new DoubleToIntegerBody(to.Write<int>(), from.Read<double>())); break;
            default: y.Device.Copy(from, 0, to, 0, (long)y.Count * y.Type.Size()); break;
        }

        void Run<TBody>(TBody body)
            where TBody : struct, IBody
            => y.Device.For(y.Count, body, parts: y.Count);
    }
}
