using Engine.Kernels.Functions;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Fusion;

/// <summary>
/// A map that is asked for while a program is recorded: before a device makes a command of it, maps whose results it reads may become a
/// part of it.
/// </summary>
/// <param name="type">The element type of all operands.</param>
/// <param name="loops">Strides of the destination (contiguous) and of the operands.</param>
/// <param name="destination">The result.</param>
/// <param name="operands">The operands, four at most.</param>
internal abstract class MapRequest(ElementType type, Loops loops, Buffer destination, Buffer[] operands)
    : KernelRequest(type, destination, operands)
{
    // Functions in a kernel: the compilers of devices take their time over long ones.
    private const int MostFunctions = 8;

    /// <summary>Strides of the destination and of the operands.</summary>
    public Loops Loops => loops;

    /// <summary>Whether to compute it several times costs less than to write it down.</summary>
    public abstract bool IsCheap { get; }

    /// <summary>Functions that it is composed of.</summary>
    public int Functions { get; protected init; } = 1;

    /// <inheritdoc/>
    public override KernelRequest? Absorb(KernelRequest inner, int place)
        => inner is MapRequest map ? Absorb(map, place) : (inner as ReduceRequest)?.FinishedBy(this, place);

    /// <inheritdoc cref="Absorb(KernelRequest, int)"/>
    public MapRequest? Absorb(MapRequest inner, int place)
        => Type == inner.Type
            && Operands.Count + inner.Operands.Count - 1 <= MostOperands
            && Functions + inner.Functions <= MostFunctions
            && FusedLoops.Of(loops, inner.Loops, place) is { } together
            ? Composed(inner, place, together, [.. Operands.Take(place), .. inner.Operands, .. Operands.Skip(place + 1)])
            : null;

    /// <summary>The reduction of this map's results.</summary>
    /// <param name="reducer">The combination.</param>
    /// <param name="kept">Loops over the reduction's results: strides of these, of the elements, and of this map's operands.</param>
    /// <param name="reduced">Loops over what is combined: strides of the elements, and of this map's operands.</param>
    /// <param name="results">The reduction's results.</param>
    public abstract KernelRequest Reduced<TReducer>(TReducer reducer, Loops kept, Loops reduced, Buffer results)
        where TReducer : struct, IReducer;

    /// <summary>Has a device make a command of a reduction and of this map, which reads its results.</summary>
    /// <param name="device">The device.</param>
    /// <param name="reduction">The reduction.</param>
    /// <param name="place">Which operand the results are.</param>
    public abstract void Finish<TReducer, TArity>(Device device, ReduceRequest<TReducer, TArity> reduction, int place)
        where TReducer : struct, IReducer
        where TArity : struct, IArity;

    /// <summary>Composes this one's function with that of the map within.</summary>
    protected abstract MapRequest Composed(MapRequest inner, int place, Loops together, Buffer[] all);

    /// <summary>Composes this one's function with that of the map around it.</summary>
    protected abstract MapRequest Within<TOuter>(MapRequest<TOuter> outer, int place, Loops together, Buffer[] all)
        where TOuter : struct, IArity;

    /// <summary>The opposite of <see cref="Within"/>, which a derived class can't call on another.</summary>
    protected static MapRequest Compose<TOuter>(MapRequest inner, MapRequest<TOuter> outer, int place, Loops together, Buffer[] all)
        where TOuter : struct, IArity
        => inner.Within(outer, place, together, all);
}

/// <inheritdoc/>
/// <typeparam name="TArity">The function.</typeparam>
internal class MapRequest<TArity>(ElementType type, TArity function, Loops loops, Buffer destination, Buffer[] operands)
    : MapRequest(type, loops, destination, operands)
    where TArity : struct, IArity
{
    /// <summary>The function.</summary>
    public TArity Function => function;

    /// <inheritdoc/>
    public override bool IsCheap => CheapFunctions.Contain(typeof(TArity));

    /// <inheritdoc/>
    public override void Give(Device device)
    {
        Buffer x = Operands[0], y = TArity.Operands > 1 ? Operands[1] : x, z = TArity.Operands > 2 ? Operands[2] : x;
        device.MapOf(Type, function, Loops, Destination, x, y, z, TArity.Operands > 3 ? Operands[3] : x);
    }

    /// <inheritdoc/>
    public sealed override KernelRequest Reduced<TReducer>(TReducer reducer, Loops kept, Loops reduced, Buffer results)
        => new ReduceRequest<TReducer, TArity>(Type, reducer, function, kept, reduced, results, [.. Operands]);

    /// <inheritdoc/>
    public sealed override void Finish<TReducer, TInner>(Device device, ReduceRequest<TReducer, TInner> reduction, int place)
        => reduction.Give(device, new Ending<TArity>(function, place, Loops, [.. Operands]), Destination);

    /// <inheritdoc/>
    protected sealed override MapRequest Composed(MapRequest inner, int place, Loops together, Buffer[] all)
        => Compose(inner, this, place, together, all);

    /// <inheritdoc/>
    protected sealed override MapRequest Within<TOuter>(MapRequest<TOuter> outer, int place, Loops together, Buffer[] all)
    {
        return (place, TArity.Operands) switch
        {
            (0, 1) => By(new FirstOfOne<TOuter, TArity>(outer.Function, function)),
            (0, 2) => By(new FirstOfTwo<TOuter, TArity>(outer.Function, function)),
            (0, 3) => By(new FirstOfThree<TOuter, TArity>(outer.Function, function)),
            (0, 4) => By(new FirstOfFour<TOuter, TArity>(outer.Function, function)),
            (1, 1) => By(new SecondOfOne<TOuter, TArity>(outer.Function, function)),
            (1, 2) => By(new SecondOfTwo<TOuter, TArity>(outer.Function, function)),
            (1, 3) => By(new SecondOfThree<TOuter, TArity>(outer.Function, function)),
            (2, 1) => By(new ThirdOfOne<TOuter, TArity>(outer.Function, function)),
            (2, 2) => By(new ThirdOfTwo<TOuter, TArity>(outer.Function, function)),
            (3, 1) => By(new FourthOfOne<TOuter, TArity>(outer.Function, function)),
            _ => throw new ArgumentOutOfRangeException(nameof(place), place, "There is no such operand."),
        };

        MapRequest By<TComposed>(TComposed composed)
            where TComposed : struct, IArity
            => new MapRequest<TComposed>(Type, composed, together, outer.Destination, all) { Functions = outer.Functions + Functions };
    }
}

/// <summary>A copy into contiguous memory, which a map that reads it makes superfluous.</summary>
internal sealed class CopyRequest(ElementType type, Loops loops, Buffer destination, Buffer source)
    : MapRequest<OfUnary<IdentityFunction>>(type, default, loops, destination, [source])
{
    /// <inheritdoc/>
    public override void Give(Device device) => device.CopyOf(Type, Loops, Destination, 0, Operands[0], 0);
}
