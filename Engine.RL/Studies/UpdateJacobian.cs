using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.RL.Meta;

namespace Engine.RL.Studies;

/// <summary>
/// The Jacobian of an update, by its products with vectors: of all that it changes, parameters and what the optimiser remembers, in all
/// that it began with. With SGD that is I + H.
/// </summary>
/// <param name="from">What the update began with.</param>
/// <param name="to">What it has made of that.</param>
internal sealed class UpdateJacobian<TParameters>(
    (TParameters Parameters, OptimiserState<TParameters> State) from, (TParameters Parameters, OptimiserState<TParameters> State) to)
{
    private readonly Tensor[] _from = Floats(from);
    private readonly Tensor[] _to = Floats(to);
    private readonly int _parameters = Tree.Leaves(from.Parameters).Length;

    /// <summary>Cotangents of everything, of which those of parameters are not zero.</summary>
    public Tensor[] Cotangents(TParameters cotangents) => [.. Tree.Leaves(cotangents), .. _to[_parameters..].Select(Tensor.ZerosLike)];

    /// <summary>From cotangents of what the update has made to those of what it began with.</summary>
    public Tensor[] Backward(Tensor[] cotangents) => Gradient.Vjp(_to, _from, cotangents);

    /// <summary>The norm of the part of parameters.</summary>
    public Tensor NormOfParameters(Tensor[] vectors) => Tree.ToVector(vectors[.._parameters]).Square().Sum().Sqrt();

    /// <summary>The product with a vector: of parameters alone, or of everything if it is as long.</summary>
    /// <param name="tangent">[n].</param>
    /// <returns>[n].</returns>
    public Tensor Forward(Tensor tangent)
    {
        int parts = Parts(tangent);
        return Tree.ToVector(Gradient.Jvp(_to[..parts], _from[..parts], Tree.FromVector(_from[..parts], tangent)));
    }

    /// <summary>The product of its part of parameters, transposed, with itself and a vector: its eigenvalues are squares.</summary>
    /// <param name="tangent">[parameters].</param>
    public Tensor Gram(Tensor tangent)
    {
        var moved = Gradient.Jvp(_to[.._parameters], _from[.._parameters], Tree.FromVector(_from[.._parameters], tangent));
        return Tree.ToVector(Gradient.Vjp(_to[.._parameters], _from[.._parameters], moved));
    }

    private int Parts(Tensor tangent)
        => tangent.Count == _from[.._parameters].Sum(x => x.Count) ? _parameters : _from.Length;

    /// <summary>What has derivatives of a tree: integers, such as the number of updates, have none.</summary>
    public static Tensor[] Floats<T>(T tree) => [.. Tree.Leaves(tree).Where(x => x.Type.IsFloat())];
}

/// <summary>Which product with the Jacobian of the update to come.</summary>
internal enum JacobianProduct
{
    /// <summary>With it.</summary>
    Forward,

    /// <summary>With its part of parameters, and then with that transposed.</summary>
    Gram,
}

/// <summary>Products with the Jacobian of the update that a key's rollout leads to.</summary>
/// <param name="Kind">Which product.</param>
internal sealed record JacobianProducts(JacobianProduct Kind) : IPointFunction<(Key Key, Tensor Vector), Tensor>
{
    /// <inheritdoc/>
    public Tensor At<TParameters, TState, TRollout>(MetaPoint<TParameters, TState, TRollout> point, (Key Key, Tensor Vector) row)
    {
        var (problem, start) = (point.Problem(point.Eta), point.Start);
        var (rollout, _) = problem.Sample(start.Parameters, start.Sampling, row.Key.Fold(0));
        var (moved, state, _) = InnerLoop.Update(
            problem, start.Parameters, start.Optimiser, problem.Losses(start.Parameters, rollout));
        var jacobian = new UpdateJacobian<TParameters>((start.Parameters, start.Optimiser), (moved, state));
        return Kind == JacobianProduct.Forward ? jacobian.Forward(row.Vector) : jacobian.Gram(row.Vector);
    }
}

/// <summary>What an update changes, as vectors: parameters, and these with all that the optimiser remembers.</summary>
internal sealed record UpdateVectors : IPointFunction<Key, (Tensor Parameters, Tensor All)>
{
    /// <inheritdoc/>
    public (Tensor Parameters, Tensor All) At<TParameters, TState, TRollout>(MetaPoint<TParameters, TState, TRollout> point, Key row)
    {
        var start = point.Start;
        return (Tree.ToVector(start.Parameters), Tree.ToVector(UpdateJacobian<TParameters>.Floats((start.Parameters, start.Optimiser))));
    }
}
