using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.RL.Experiments;

namespace Engine.RL.Meta;

/// <summary>
/// Many independent meta-gradients from one point, for several seeds at once: one tensor program over a leading axis of replicates,
/// run in blocks. All methods asked for share one branch of inner updates, and so their random numbers.
/// </summary>
public sealed class MonteCarlo : IDisposable
{
    private readonly BlockedProgram _program;

    /// <summary>Prepares the estimates.</summary>
    /// <param name="task">The learning task.</param>
    /// <param name="parameterisation">How discounts are kept.</param>
    /// <param name="optimiser">The inner optimiser.</param>
    /// <param name="methods">The meta-gradients to take.</param>
    /// <param name="kappa">The discount of mixes; null for the default.</param>
    /// <param name="traceDecay">The factor mu of accumulative traces, see <see cref="LookAhead.Branch"/>.</param>
    /// <param name="perReplicate">Whether every replicate's meta-gradient is wanted, or the sum over each block of them.</param>
    /// <param name="block">Replicates of a block, on a device that works on blocks.</param>
    /// <param name="device">Where to run.</param>
    public MonteCarlo(
        ValuePrediction task,
        Parameterisation parameterisation,
        Optimiser optimiser,
        IReadOnlyList<MetaGradientMethod> methods,
        double? kappa,
        double traceDecay,
        bool perReplicate,
        int block,
        Device device)
    {
        _program = new BlockedProgram(Estimate, device.PrefersWholeBatches ? int.MaxValue : block, device);

        Tensor[] Estimate(Tensor[] group, Tensor[] rows)
        {
            var key = new Key(rows[0]);
            int replicates = key.Shape[0];
            var raw = perReplicate ? group[0].BroadcastTo([replicates, group[0].Shape[1]]) : group[0];
            var gamma = MetaParameters.Values(raw, parameterisation);
            int count = (group.Length - 2) / (1 + optimiser.SlotsPerParameter);
            Tensor[] carried = [.. group[2..].Select(x => x.BroadcastTo(x.Shape.With(0, replicates)))];
            var (parameters, state) = (carried[..count], new OptimiserState(group[1].Reshape(), carried[count..]));
            var problem = task.With(perReplicate ? gamma : gamma.Reshape(-1), key);
            var branches = new Dictionary<bool, BranchPoint[]>();
            return [.. methods.Select(method => Gradient.Of(method.Loss(BranchFor(method.Kind), kappa).Sum(), raw))];

            // One branch as long as the longest look-ahead serves all exact methods, another one all traces.
            BranchPoint[] BranchFor(MetaGradientKind kind)
            {
                bool trace = kind == MetaGradientKind.Trace;
                if (!branches.TryGetValue(trace, out var points))
                {
                    int steps = methods.Where(method => method.Kind == MetaGradientKind.Trace == trace).Max(method => method.Steps);
                    branches[trace] = points = LookAhead.Branch(
                        problem, optimiser, parameters, state, steps, new BranchOptions(trace ? traceDecay : null));
                }

                return points;
            }
        }
    }

    /// <summary>Takes meta-gradients.</summary>
    /// <param name="raw">The numbers that stand for the discounts, [seeds, 10].</param>
    /// <param name="parameters">Network parameters, [seeds, ...] each.</param>
    /// <param name="state">The optimiser's state, with slots [seeds, ...].</param>
    /// <param name="key">[seeds x replicates], those of the first seed first.</param>
    /// <returns>For each method [seeds x replicates, 10], or [seeds x blocks, 10] with sums over blocks.</returns>
    public Tensor[] Run(Tensor raw, IReadOnlyList<Tensor> parameters, OptimiserState state, Key key)
    {
        int seeds = raw.Shape[0];
        using var scope = new TensorScope();
        var step = state.Step.BroadcastTo([seeds]);
        return scope.Keep(_program.Run([raw, step, .. parameters, .. state.Slots], [key.Words]));
    }

    /// <inheritdoc/>
    public void Dispose() => _program.Dispose();
}
