using Engine.Kernels.Functions;

namespace Engine.Kernels.Bodies;

/// <summary>One element of an update, the plain way.</summary>
/// <typeparam name="TFunction">The function.</typeparam>
/// <typeparam name="V">One number as lanes.</typeparam>
/// <typeparam name="T">The element type.</typeparam>
internal readonly struct UpdateBody<TFunction, V, T>(
    TFunction function,
    Nest nest,
    View<T> resultA,
    View<T> resultB,
    View<T> resultC,
    View<T> resultD,
    Operand<T> operandA,
    Operand<T> operandB,
    Operand<T> operandC,
    Operand<T> operandD,
    Operand<T> operandS,
    Operand<T> operandT) : IBody
    where TFunction : struct, IUpdate
    where V : struct, ILanes<V, T>
    where T : unmanaged
{
    /// <inheritdoc/>
    public void Invoke(int index)
    {
        var place = nest.At(index);
        V a = V.Splat(operandA.At(place)), b = V.Splat(operandB.At(place));
        V c = V.Splat(operandC.At(place)), d = V.Splat(operandD.At(place));
        function.Invoke(ref a, ref b, ref c, ref d, V.Splat(operandS.At(place)), V.Splat(operandT.At(place)));
        resultA[index] = V.Lane(a, 0);
        resultB[index] = V.Lane(b, 0);
        resultC[index] = V.Lane(c, 0);
        resultD[index] = V.Lane(d, 0);
    }
}

/// <summary>What a body reads, and how it moves along.</summary>
/// <typeparam name="T">The element type.</typeparam>
internal readonly struct Operand<T>(View<T> view, Strides strides)
    where T : unmanaged
{
    /// <summary>The operand's element at a place of the nest.</summary>
    public T At(Place place) => view[strides.At(place)];
}
