using Engine.Core;
using Engine.Core.Optim;

namespace Engine.RL.Meta;

/// <summary>
/// What one learner learns, and how that is evaluated, with given meta-parameters. <see cref="Batch.Map"/> makes many learners of one.
/// </summary>
/// <typeparam name="TParameters">What is learned: a tree, see <see cref="Tree"/>.</typeparam>
/// <typeparam name="TState">What rollouts begin from, such as the state of environments: a tree.</typeparam>
/// <typeparam name="TRollout">Data sampled with some parameters: a tree, if there are tensors in it.</typeparam>
public interface IMetaProblem<TParameters, TState, TRollout>
{
    /// <summary>What updates the parameters.</summary>
    Optimiser Optimiser { get; }

    /// <summary>Samples with some parameters.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="state">What the rollout begins from.</param>
    /// <param name="key">What it draws from.</param>
    /// <returns>The rollout, and the state after it.</returns>
    (TRollout Rollout, TState Next) Sample(TParameters parameters, TState state, Key key);

    /// <summary>The losses of a rollout.</summary>
    RolloutLosses Losses(TParameters parameters, TRollout rollout);

    /// <summary>
    /// A rollout of some parameters as one of others: what happened counts by how much likelier they make it. The weights are constants.
    /// </summary>
    /// <param name="rollout">The rollout, with no weights yet.</param>
    /// <param name="behaviour">The parameters that it was sampled with.</param>
    /// <param name="parameters">The others.</param>
    /// <exception cref="NotSupportedException">The problem has no such weights.</exception>
    TRollout Reweighted(TRollout rollout, TParameters behaviour, TParameters parameters)
        => throw new NotSupportedException($"{GetType().Name} has no Reweighted, which a loop that reuses rollouts needs: write one.");

    /// <summary>How far what some parameters do is from what others do, see <see cref="BootstrappedTarget"/>: a scalar.</summary>
    /// <param name="target">Where parameters should be.</param>
    /// <param name="parameters">Where they are.</param>
    /// <param name="rollout">Where both are looked at.</param>
    /// <exception cref="NotSupportedException">The problem has none.</exception>
    Tensor Distance(TParameters target, TParameters parameters, TRollout rollout)
        => throw new NotSupportedException($"{GetType().Name} has no Distance, which a bootstrapped target needs: write one.");
}

/// <summary>The losses of a rollout, scalars.</summary>
/// <param name="Inner">What an inner update descends.</param>
/// <param name="Outer">What meta-parameters are evaluated by.</param>
public record RolloutLosses(Tensor Inner, Tensor Outer);
