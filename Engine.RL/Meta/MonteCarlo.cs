using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.RL.Experiments;

namespace Engine.RL.Meta;

/// <summary>
/// Many independent meta-gradients from one point, for several seeds at once, in blocks of replicates. All methods asked for share one
/// branch of inner updates, and so their random numbers.
/// </summary>
public sealed class MonteCarlo : IDisposable
{
    private readonly BlockedProgram<Shared, Tensor, Tensor[]> _program;

    /// <summary>Prepares the estimates.</summary>
    /// <param name="task">The learning task.</param>
    /// <param name="parameterisation">How discounts are kept.</param>
    /// <param name="optimiser">The inner optimiser.</param>
    /// <param name="methods">The meta-gradients to take.</param>
    /// <param name="kappa">The discount of mixes; null for the default.</param>
    /// <param name="traceDecay">The factor mu of accumulative traces, see <see cref="LookAhead.Branch"/>.</param>
    /// <param name="perReplicate">Whether every replicate's meta-gradient is wanted, or the sum over each seed's.</param>
    /// <param name="device">Where to run.</param>
    public MonteCarlo(
        ValuePrediction task,
        Parameterisation parameterisation,
        Optimiser optimiser,
        IReadOnlyList<MetaGradientMethod> methods,
        double? kappa,
        double traceDecay,
        bool perReplicate,
        Device device)
    {
        _program = perReplicate
            ? BlockedProgram.Map<Shared, Tensor, Tensor[]>((shared, replicate) => Gradients(shared, Losses(shared, replicate)), device)
            : BlockedProgram.Sum<Shared, Tensor, Tensor[]>(
                (shared, replicates) => Gradients(
                    shared, [.. Batch.Map(replicate => Losses(shared, replicate), replicates).Select(loss => loss.Sum())]),
                device);

        static Tensor[] Gradients(Shared shared, Tensor[] losses) => [.. losses.Select(loss => Gradient.Of(loss, shared.Raw))];

        Tensor[] Losses(Shared shared, Tensor replicate)
        {
            var problem = task.With(MetaParameters.Values(shared.Raw, parameterisation), shared.Key.Fold(replicate));
            return MetaGradientMethod.Losses(
                methods,
                method => LookAhead.Branch(
                    problem,
                    optimiser,
                    shared.Parameters,
                    shared.State,
                    method.Steps,
                    new BranchOptions(method.Kind == MetaGradientKind.Trace ? traceDecay : null)),
                kappa);
        }
    }

    /// <summary>Takes meta-gradients.</summary>
    /// <param name="raw">The numbers that stand for the discounts, [seeds, 10].</param>
    /// <param name="parameters">Network parameters, [seeds, ...] each.</param>
    /// <param name="state">The optimiser's state, with averages [seeds, ...].</param>
    /// <param name="key">The key of the update, [seeds], which each replicate folds its number into.</param>
    /// <param name="replicates">The number of replicates of each seed.</param>
    /// <param name="first">The number of the first.</param>
    /// <returns>For each method [seeds, replicates, 10], or the sums over replicates, [seeds, 10].</returns>
    public Tensor[] Run(
        Tensor raw, Tensor[] parameters, OptimiserState<Tensor[]> state, Key key, int replicates, int first = 0)
    {
        using var scope = new TensorScope();
        var counted = state with { Step = state.Step.BroadcastTo([raw.Shape[0]]) };
        var range = Tensor.Range(replicates, ElementType.Int32, raw.Device);
        var numbers = (first == 0 ? range : range + first).BroadcastTo([raw.Shape[0], replicates]);
        return scope.Keep(_program.Run(new Shared(raw, parameters, counted, key), numbers));
    }

    /// <inheritdoc/>
    public void Dispose() => _program.Dispose();

    private sealed record Shared(Tensor Raw, Tensor[] Parameters, OptimiserState<Tensor[]> State, Key Key);
}
