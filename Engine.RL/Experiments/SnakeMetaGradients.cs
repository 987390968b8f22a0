using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Kernels;
using Engine.RL.Meta;

namespace Engine.RL.Experiments;

/// <summary>
/// Independent meta-gradients from one point of an agent's training. All methods share their replicates' branches, and so their
/// random numbers. Replicates run side by side, one on each thread.
/// </summary>
internal sealed class SnakeMetaGradients : IDisposable
{
    private readonly BlockedProgram _program;
    private readonly int _environments;
    private readonly Device _device;

    /// <summary>Prepares the estimates.</summary>
    /// <param name="task">What is learned.</param>
    /// <param name="settings">Its settings.</param>
    /// <param name="methods">The meta-gradients to take.</param>
    /// <param name="like">A state laid out like those to come.</param>
    /// <param name="device">Where to run.</param>
    public SnakeMetaGradients(
        SnakeTask task, SnakeSettings settings, IReadOnlyList<MetaGradientMethod> methods, SnakeState like, Device device)
    {
        (_environments, _device) = (settings.Envs, device);
        _program = new BlockedProgram(Estimate, blockRows: 1, device);

        Tensor[] Estimate(Tensor[] group, Tensor[] rows)
        {
            // Without the axes of groups and rows, which have size 1 here.
            var state = Tree.With(like, [.. group.Select(x => x.ReshapeTo(x.Shape.Sizes[1..].ToArray()))]);
            var problem = task.Problem(state.Raw, state.Environments, new Key(rows[0].Reshape(_environments, 4)));
            var branches = methods.GroupBy(method => method.Kind == MetaGradientKind.Trace).ToDictionary(
                group => group.Key,
                group => task.Branch(problem, state.Parameters, state.Optimiser, group.MaxBy(method => method.Steps)!));
            return
            [
                .. methods.Select(method => Gradient.Of(
                    method.Loss(branches[method.Kind == MetaGradientKind.Trace], settings.Kappa), state.Raw).Unsqueeze(0)),
            ];
        }
    }

    /// <summary>Takes meta-gradients.</summary>
    /// <param name="state">The agent.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="update">The updates made: draws depend on it, and differ from those of training, which is replicate 0.</param>
    /// <param name="replicates">How many of each method.</param>
    /// <returns>For each method [replicates, 4], row by row.</returns>
    public float[][] Sample(SnakeState state, int seed, int update, int replicates)
    {
        using var scope = new TensorScope();
        var keys = SeedKeys.Replicates(SeedKeys.Update(seed, update, _device), replicates, first: 1).Split(_environments);
        Tensor[] shared = [.. Tree.Leaves(state).Select(x => x.Unsqueeze(0))];
        return [.. _program.Run(shared, [keys.Words.Reshape(replicates, -1)]).Select(x => x.ToArray<float>())];
    }

    /// <inheritdoc/>
    public void Dispose() => _program.Dispose();
}
