using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Kernels;
using Engine.RL.Meta;

namespace Engine.RL.Experiments;

/// <summary>
/// Independent meta-gradients from one point of an agent's training. All methods share their replicates' branches, and so their
/// random numbers. Replicates run side by side.
/// </summary>
internal sealed class SnakeMetaGradients : IDisposable
{
    private readonly BlockedProgram<SnakeState, Key, Tensor[]> _program;
    private readonly int _environments;
    private readonly Device _device;

    /// <summary>Prepares the estimates.</summary>
    /// <param name="task">What is learned.</param>
    /// <param name="settings">Its settings.</param>
    /// <param name="methods">The meta-gradients to take.</param>
    /// <param name="device">Where to run.</param>
    public SnakeMetaGradients(SnakeTask task, SnakeSettings settings, IReadOnlyList<MetaGradientMethod> methods, Device device)
    {
        (_environments, _device) = (settings.Envs, device);
        _program = BlockedProgram.Map<SnakeState, Key, Tensor[]>(Estimate, device);

        Tensor[] Estimate(SnakeState state, Key key)
        {
            var problem = task.Problem(state.Raw, state.Environments, key);
            var losses = MetaGradientMethod.Losses(
                methods, method => task.Branch(problem, state.Parameters, state.Optimiser, method), settings.Kappa);
            return [.. losses.Select(loss => Gradient.Of(loss, state.Raw))];
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
        var results = _program.Run(Tree.Map(state, x => x.Unsqueeze(0)), new Key(keys.Words.Unsqueeze(0)));
        return [.. results.Select(x => x.ToArray<float>())];
    }

    /// <inheritdoc/>
    public void Dispose() => _program.Dispose();
}
