using System.Numerics;
using Engine.Kernels.Functions;
using ILGPU;

namespace Engine.Kernels.Gpu;

/// <summary>Four elements of a map whose operands run along with the result, or are one number.</summary>
/// <typeparam name="TArity">The function.</typeparam>
/// <typeparam name="V">One number as lanes.</typeparam>
/// <typeparam name="T">The element type.</typeparam>
internal readonly struct MapQuads<TArity, V, T>(
    TArity function, ArrayView<Quad<T>> y, QuadOperand<T> x0, QuadOperand<T> x1, QuadOperand<T> x2, QuadOperand<T> x3) : IBody
    where TArity : struct, IArity
    where V : struct, ILanes<V, T>
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public void Invoke(int index)
    {
        var a = x0.Read(index);
        var b = TArity.Operands > 1 ? x1.Read(index) : a;
        var c = TArity.Operands > 2 ? x2.Read(index) : a;
        var d = TArity.Operands > 3 ? x3.Read(index) : a;
        y[index] = new(One(a.X, b.X, c.X, d.X), One(a.Y, b.Y, c.Y, d.Y), One(a.Z, b.Z, c.Z, d.Z), One(a.W, b.W, c.W, d.W));
    }

    private T One(T a, T b, T c, T d) => V.Lane(function.Invoke(V.Splat(a), V.Splat(b), V.Splat(c), V.Splat(d)), 0);
}

/// <summary>An operand that is read by quads: as many numbers as the result has, or one for all.</summary>
/// <typeparam name="T">The element type.</typeparam>
internal readonly struct QuadOperand<T>(ArrayView<Quad<T>> quads, View<T> numbers, int stride)
    where T : unmanaged, INumber<T>
{
    /// <summary>The numbers of a quad of the result.</summary>
    public Quad<T> Read(int index)
    {
        if (stride != 0)
            return quads[index];
        T all = numbers[0];
        return new(all, all, all, all);
    }
}

/// <summary>Copies four words.</summary>
internal readonly struct CopyQuads(ArrayView<Quad<int>> y, ArrayView<Quad<int>> x) : IBody
{
    /// <inheritdoc/>
    public void Invoke(int index) => y[index] = x[index];
}
