using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.RL.Agents;
using Engine.RL.Environments;
using Engine.RL.Meta;

namespace Engine.Tests.Docs;

internal static class EmbeddingExample
{
    // Usings, what stands between these braces, and the classes below are the program of docs/embedding.md; a test compares them.
    public static void Run()
    {
        using var scope = new TensorScope();
        var (corridor, network, key) = (new Corridor(), new MlpActorCritic(observation: [5], actions: 2, hidden: [16]), Key.Of(seed: 7));
        var (inner, outer, method) = (new Adam(0.01, EpsilonRoot: 1e-8), new Adam(0.1), MetaGradientMethod.Parse("3-mix"));
        var (theta, eta) = (network.Initialise(key.Fold(0)).ToArray(), Tensor.From(0f, 1f));
        using var training = new TensorLoop<Learner, Key, (Tensor Return, Tensor Eta)>((old, keys) =>
        {
            var values = old.Eta.Sigmoid();
            var task = new Walk(corridor, network, values, old.Corridor, keys);
            var points = LookAhead.Branch(task, inner, old.Theta, old.Inner, method.Steps);
            var (moved, state) = outer.Update(old.Eta, Gradient.Of(method.Loss(points), old.Eta), old.Outer);
            var (kept, ended) = (points[0], 1 - points[0].Rollout.Live);
            return (new(kept.Parameters, kept.State, moved, state, kept.SamplingState), (kept.Rollout.Rewards.Sum() / ended.Sum(), values));
        }, new(theta, inner.Initial(theta), eta, outer.Initial(eta), corridor.Reset(key.Fold(1).Split(64))));
        for (int iteration = 0; iteration <= 200; iteration++)
        {
            var (mean, values) = training.Run(key.Fold(2).Fold(iteration).Split(64));
            if (iteration % 25 == 0)
                Console.WriteLine($"return {mean.Item():F2}, gamma {values[0].Item():F2}, lambda {values[1].Item():F2}");
        }
    }
}

internal sealed record Learner(Tensor[] Theta, OptimiserState<Tensor[]> Inner, Tensor Eta, OptimiserState<Tensor> Outer, Tensor[] Corridor);
// Five cells in a row: leaving them on the left pays 0.3, on the right 1. An episode begins in the second cell.
internal sealed class Corridor : IEnvironment
{
    public Shape ObservationShape => [5];
    public int ActionCount => 2;
    public Tensor[] Reset(Key keys) => [Tensor.Full(1, keys.Shape, ElementType.Int32)];
    public Tensor Observe(Tensor[] state) => state[0].OneHot(5);
    public EnvironmentStep Step(Tensor[] state, Tensor actions, Key keys)
    {
        Tensor at = state[0] + ((actions * 2) - 1), left = (at < 0).Cast(ElementType.Float32), right = (at > 4).Cast(ElementType.Float32);
        Tensor[] next = [Tensor.Where((at < 0) + (at > 4), Reset(keys)[0], at)];
        return new EnvironmentStep(next, right + (left * 0.3), left + right, left * 0, Observe(next), Observe([at]));
    }
}

// The inner loss has the discount and lambda of its returns as meta-parameters; the outer loss has fixed ones and no critic.
internal sealed class Walk(Corridor corridor, IActorCritic network, Tensor eta, Tensor[] state, Key keys) : IMetaProblem<Experience>
{
    public Tensor[] Start => state;
    public (Experience Rollout, Tensor[] State) Sample(IReadOnlyList<Tensor> theta, Tensor[] state, int step, bool validation)
        => Experience.Collect(corridor, network, theta, state, keys.Fold(validation ? ~step : step), steps: 10);
    public Tensor InnerLoss(IReadOnlyList<Tensor> theta, Experience seen) => Loss(theta, seen, eta, critic: 0.5);
    public Tensor OuterLoss(IReadOnlyList<Tensor> theta, Experience seen) => Loss(theta, seen, Tensor.From(0.99f, 0.95f), critic: 0);
    private Tensor Loss(IReadOnlyList<Tensor> theta, Experience seen, Tensor discounts, double critic)
    {
        var (rollout, gamma, lambda) = (seen.Evaluate(network, theta), discounts[0], discounts[1]);
        Tensor values = rollout.Values.StopGradient(), returns = LambdaReturns.Of(seen.Rewards, seen.Live, values, gamma, lambda);
        return (((values[..^1] - returns) * rollout.LogProbabilities()) + ((returns - rollout.Values[..^1]).Square() * critic)).Mean();
    }
}
