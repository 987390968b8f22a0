using Engine.Kernels.Functions;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Fusion;

/// <summary>A reduction that is asked for while a program is recorded: the map whose results it reads may become a part of it.</summary>
/// <typeparam name="TReducer">The combination.</typeparam>
/// <typeparam name="TArity">The function of the operands that gives the elements.</typeparam>
/// <param name="type">The element type.</param>
/// <param name="reducer">The combination.</param>
/// <param name="function">The function.</param>
/// <param name="kept">Loops over the results: strides of these (contiguous), of the elements, and of the operands.</param>
/// <param name="reduced">Loops over what is combined: strides of the elements, and of the operands.</param>
/// <param name="destination">The results.</param>
/// <param name="operands">The operands.</param>
internal sealed class ReduceRequest<TReducer, TArity>(
    ElementType type, TReducer reducer, TArity function, Loops kept, Loops reduced, Buffer destination, Buffer[] operands)
    : KernelRequest(type, destination, operands)
    where TReducer : struct, IReducer
    where TArity : struct, IArity
{
    /// <inheritdoc/>
    public override void Give(Device device)
    {
        Buffer x = Operands[0], y = TArity.Operands > 1 ? Operands[1] : x, z = TArity.Operands > 2 ? Operands[2] : x;
        device.ReduceOf(Type, reducer, function, kept, reduced, Destination, x, y, z, TArity.Operands > 3 ? Operands[3] : x);
    }

    /// <inheritdoc/>
    public override KernelRequest? Absorb(MapRequest inner, int place)
        => Type == inner.Type && typeof(TArity) == typeof(OfUnary<IdentityFunction>)
            && FusedLoops.Of(kept, reduced, inner.Loops) is var (results, elements)
            ? inner.Reduced(reducer, results, elements, Destination)
            : null;
}
