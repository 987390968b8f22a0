using Engine.Kernels.Functions;

namespace Engine.Kernels.Bodies;

/// <summary>One element of a map, the plain way.</summary>
/// <typeparam name="TArity">The function.</typeparam>
/// <typeparam name="V">One number as lanes.</typeparam>
/// <typeparam name="T">The element type.</typeparam>
internal readonly struct MapBody<TArity, V, T>(
    TArity function,
    Nest nest,
    Strides stride0,
    Strides stride1,
    Strides stride2,
    Strides stride3,
    View<T> y,
    View<T> x0,
    View<T> x1,
    View<T> x2,
    View<T> x3) : IBody
    where TArity : struct, IArity
    where V : struct, ILanes<V, T>
    where T : unmanaged
{
    /// <inheritdoc/>
    public void Invoke(int index)
    {
        var place = nest.At(index);
        V a = V.Splat(x0[stride0.At(place)]);
        V b = TArity.Operands > 1 ? V.Splat(x1[stride1.At(place)]) : a;
        V c = TArity.Operands > 2 ? V.Splat(x2[stride2.At(place)]) : a;
        V d = TArity.Operands > 3 ? V.Splat(x3[stride3.At(place)]) : a;
        y[index] = V.Lane(function.Invoke(a, b, c, d), 0);
    }
}

/// <summary>Copies one element between two layouts.</summary>
/// <typeparam name="T">A type of the elements' size.</typeparam>
internal readonly struct CopyStridedBody<T>(Nest nest, Strides to, Strides from, View<T> y, View<T> x) : IBody
    where T : unmanaged
{
    /// <inheritdoc/>
    public void Invoke(int index)
    {
        var place = nest.At(index);
        y[to.At(place)] = x[from.At(place)];
    }
}

/// <summary>Copies one element.</summary>
/// <typeparam name="T">A type of the elements' size.</typeparam>
internal readonly struct CopyBody<T>(View<T> y, View<T> x) : IBody
    where T : unmanaged
{
    /// <inheritdoc/>
    public void Invoke(int index) => y[index] = x[index];
}

/// <summary>Sets one element.</summary>
/// <typeparam name="T">The element type.</typeparam>
internal readonly struct FillBody<T>(View<T> y, T value) : IBody
    where T : unmanaged
{
    /// <inheritdoc/>
    public void Invoke(int index) => y[index] = value;
}
