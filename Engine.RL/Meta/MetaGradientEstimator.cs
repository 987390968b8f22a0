using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Kernels;

namespace Engine.RL.Meta;

/// <summary>
/// Many independent meta-gradients from one point of each of several learners. All methods asked for share one inner loop in each
/// replicate, and so their random numbers.
/// </summary>
/// <typeparam name="TLearner">What the replicates of a learner share: a tree.</typeparam>
public sealed class MetaGradientEstimator<TLearner> : IDisposable
{
    private readonly BlockedProgram<TLearner, Key, Tensor[]> _program;

    /// <summary>Prepares the estimates.</summary>
    /// <param name="losses">
    /// Of one learner and with one key, a loss for each method whose gradient is its meta-gradient, see
    /// <see cref="MetaGradientMethod.Losses"/>.
    /// </param>
    /// <param name="eta">The meta-parameters of a learner, [count].</param>
    /// <param name="perReplicate">Whether every replicate's meta-gradient is wanted, or the mean of each learner's.</param>
    /// <param name="device">Where to run.</param>
    public MetaGradientEstimator(Func<TLearner, Key, Tensor[]> losses, Func<TLearner, Tensor> eta, bool perReplicate, Device device)
    {
        IsPerReplicate = perReplicate;
        _program = perReplicate
            ? BlockedProgram.Map<TLearner, Key, Tensor[]>((learner, key) => Gradients(learner, losses(learner, key)), device)
            : BlockedProgram.Sum<TLearner, Key, Tensor[]>(
                (learner, keys) => Gradients(
                    learner, [.. Batch.Map(key => losses(learner, key), keys).Select(loss => loss.Sum())]),
                device);

        Tensor[] Gradients(TLearner learner, Tensor[] losses) => [.. losses.Select(loss => Gradient.Of(loss, eta(learner)))];
    }

    /// <summary>Whether every replicate's meta-gradient is given, or the mean of each learner's.</summary>
    public bool IsPerReplicate { get; }

    /// <summary>Takes meta-gradients.</summary>
    /// <param name="learners">The learners, along the first axis of everything.</param>
    /// <param name="keys">A key for each replicate of each learner, [learners, replicates, ...].</param>
    /// <returns>For each method [learners, replicates, count], or the means over replicates, [learners, count].</returns>
    public Tensor[] Run(TLearner learners, Key keys)
    {
        using var scope = new TensorScope();
        var found = _program.Run(learners, keys);
        return scope.Keep(IsPerReplicate ? found : [.. found.Select(sum => sum / keys.Shape[1])]);
    }

    /// <summary>The bytes that they would work in, see <see cref="BlockedProgram{TShared, TRows, TOut}.Plan"/>.</summary>
    /// <param name="learners">Learners like those of a run.</param>
    /// <param name="keys">Keys like those of a run.</param>
    public long Plan(TLearner learners, Key keys) => _program.Plan(learners, keys);

    /// <inheritdoc/>
    public void Dispose() => _program.Dispose();
}
