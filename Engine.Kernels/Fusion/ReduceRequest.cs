using Engine.Kernels.Functions;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Fusion;

/// <summary>
/// A reduction that is asked for while a program is recorded: the map whose results it reads may become a part of it, and the map that
/// reads its own.
/// </summary>
/// <param name="type">The element type.</param>
/// <param name="destination">The results.</param>
/// <param name="operands">Those of the map within, and then those of the map that ends it, but for the one that it gives.</param>
internal abstract class ReduceRequest(ElementType type, Buffer destination, Buffer[] operands)
    : KernelRequest(type, destination, operands)
{
    /// <summary>This reduction and a map of its results.</summary>
    /// <param name="outer">The map.</param>
    /// <param name="place">Which of its operands they are.</param>
    /// <returns>Null where the two don't go together.</returns>
    public abstract KernelRequest? FinishedBy(MapRequest outer, int place);
}

/// <inheritdoc/>
/// <typeparam name="TReducer">The combination.</typeparam>
/// <typeparam name="TArity">The function of the operands that gives the elements.</typeparam>
/// <param name="type">The element type.</param>
/// <param name="reducer">The combination.</param>
/// <param name="function">The function.</param>
/// <param name="kept">Loops over the results: strides of these (contiguous), of the elements, and of the operands.</param>
/// <param name="reduced">Loops over what is combined: strides of the elements, and of the operands.</param>
/// <param name="destination">The results.</param>
/// <param name="operands">The operands.</param>
/// <param name="end">The map of the results, if there is one.</param>
/// <param name="place">Which of its operands they are.</param>
internal sealed class ReduceRequest<TReducer, TArity>(
    ElementType type, TReducer reducer, TArity function, Loops kept, Loops reduced, Buffer destination, Buffer[] operands,
    MapRequest? end = null, int place = 0)
    : ReduceRequest(type, end?.Destination ?? destination, [.. operands, .. end is null ? [] : end.Operands.Where((_, i) => i != place)])
    where TReducer : struct, IReducer
    where TArity : struct, IArity
{
    /// <inheritdoc/>
    public override void Give(Device device)
    {
        if (end is null)
            Give(device, Ending.None, Destination);
        else
            end.Finish(device, this, place);
    }

    /// <summary>Has a device make a command of it.</summary>
    public void Give<TEnd>(Device device, Ending<TEnd> ending, Buffer results)
        where TEnd : struct, IArity
    {
        Buffer x = operands[0], y = TArity.Operands > 1 ? operands[1] : x, z = TArity.Operands > 2 ? operands[2] : x;
        device.ReduceOf(Type, reducer, function, kept, reduced, ending, results, x, y, z, TArity.Operands > 3 ? operands[3] : x);
    }

    /// <inheritdoc/>
    public override KernelRequest? Absorb(KernelRequest inner, int operand)
    {
        if (inner is not MapRequest map || map.Type != Type)
            return null;
        if (end is null)
        {
            return typeof(TArity) == typeof(OfUnary<IdentityFunction>) && FusedLoops.Of(kept, reduced, map.Loops) is var (results, elements)
                ? map.Reduced(reducer, results, elements, destination)
                : null;
        }

        int other = operand - operands.Length, of = other < place ? other : other + 1;
        return other >= 0 && end.Absorb(map, of) is { } both ? EndedBy(both, of < place ? place + map.Operands.Count - 1 : place) : null;
    }

    /// <inheritdoc/>
    public override KernelRequest? FinishedBy(MapRequest outer, int operand)
        => end is null ? EndedBy(outer, operand) : outer.Absorb(end, operand) is { } both ? EndedBy(both, operand + place) : null;

    // Results are in the order in which they are written, each for one number of the map.
    private ReduceRequest<TReducer, TArity>? EndedBy(MapRequest map, int operand)
        => map.Type == Type && map.Loops.Count == kept.Count && FusedLoops.IsFlat(map.Loops)
            && (kept.Count == 1 || map.Loops.InnerStride(operand + 1) == 1)
            ? new(Type, reducer, function, kept, reduced, destination, operands, map, operand)
            : null;
}

/// <summary>What becomes of a reduction's results.</summary>
/// <param name="Function">A function of each result, and of other operands.</param>
/// <param name="Place">Which of its operands the result is.</param>
/// <param name="Loops">One loop over results: the strides, 0 or 1, of what is written and of the operands.</param>
/// <param name="Operands">The operands; the one at the place is not read.</param>
internal readonly record struct Ending<TEnd>(TEnd Function, int Place, Loops Loops, Buffer[] Operands)
    where TEnd : struct, IArity;

/// <summary>Endings that are often used.</summary>
internal static class Ending
{
    /// <summary>The results as they are.</summary>
    public static Ending<OfUnary<IdentityFunction>> None { get; } = new(default, 0, Loops.Of([], [], []), []);
}
