using System.Numerics;

namespace Engine.Kernels.Bodies;

/// <summary>
/// Takes slices by index: y[o, k, i] = x[o, indices[k], i]. One index is one element of the result. An index out of range gives zero.
/// </summary>
/// <typeparam name="T">The element type.</typeparam>
internal readonly struct TakeBody<T>(View<T> y, View<T> x, View<int> indices, int size, int count, int inner) : IBody
    where T : unmanaged
{
    /// <inheritdoc/>
    public void Invoke(int index)
    {
        int i = index % inner, k = index / inner % count, o = index / (inner * count);
        int at = indices[k];
        y[index] = (uint)at < (uint)size ? x[(((o * size) + at) * inner) + i] : default;
    }
}

/// <summary>
/// Adds slices by index: y[o, indices[k], i] += g[o, k, i], in the order of k. One index is one column (o, i), so no two threads add
/// to the same element and the sum has one order. An index out of range adds nothing.
/// </summary>
/// <typeparam name="T">The element type.</typeparam>
internal readonly struct ScatterAddBody<T>(View<T> y, View<T> g, View<int> indices, int size, int count, int inner) : IBody
    where T : unmanaged, IAdditionOperators<T, T, T>
{
    /// <inheritdoc/>
    public void Invoke(int index)
    {
        int i = index % inner, o = index / inner;
        for (int k = 0; k < count; k++)
        {
            int at = indices[k];
            if ((uint)at < (uint)size)
                y[(((o * size) + at) * inner) + i] += g[(((o * count) + k) * inner) + i];
        }
    }
}

/// <summary>
/// The position along an axis of the first NaN, else that of the largest element, the first of equal ones. One index is one result.
/// </summary>
/// <typeparam name="T">The element type.</typeparam>
internal readonly struct ArgMaxBody<T>(View<int> y, View<T> x, int size, int inner) : IBody
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public void Invoke(int index)
    {
        int i = index % inner, o = index / inner, best = 0;
        T largest = x[(o * size * inner) + i];
        for (int k = 1; k < size && !T.IsNaN(largest); k++)
        {
            T next = x[(((o * size) + k) * inner) + i];
            if (next > largest || T.IsNaN(next))
                (best, largest) = (k, next);
        }

        y[index] = best;
    }
}
