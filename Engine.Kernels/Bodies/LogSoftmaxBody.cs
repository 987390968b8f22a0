using Engine.Kernels.Functions;

namespace Engine.Kernels.Bodies;

/// <summary>The logarithm of the softmax of a row. One index is one row.</summary>
/// <typeparam name="V">One number as lanes.</typeparam>
/// <typeparam name="T">The element type.</typeparam>
/// <param name="y">The results, [rows, length].</param>
/// <param name="x">The numbers, [rows, length].</param>
/// <param name="length">Numbers of a row, at least 1.</param>
internal readonly struct LogSoftmaxBody<V, T>(View<T> y, View<T> x, int length) : IBody
    where V : struct, ILanes<V, T>
    where T : unmanaged
{
    /// <inheritdoc/>
    public void Invoke(int index)
    {
        int first = index * length;
        V largest = V.Splat(x[first]), sum = V.Constant(0);
        for (int k = 1; k < length; k++)
            largest = V.Max(largest, V.Splat(x[first + k]));
        for (int k = 0; k < length; k++)
            sum += Transcendentals.Exp(V.Splat(x[first + k]) - largest);
        V logarithm = Transcendentals.Log(sum);
        for (int k = 0; k < length; k++)
            y[first + k] = V.Lane(V.Splat(x[first + k]) - largest - logarithm, 0);
    }
}
