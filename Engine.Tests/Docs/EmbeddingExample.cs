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
        var (corridor, network) = (new Corridor(), new MlpActorCritic(observation: [5], actions: 2, hidden: [16]));
        var (inner, outer, method) = (new Adam(0.01), new Adam(0.1), MetaGradientMethod.Parse("3-mix"));
        Tensor[] start = [.. network.Initialise(Streams.Of(seed: 0))], raw = [Tensor.From(0f, 1f)];
        using var training = new TensorLoop((carried, inputs) =>
        {
            var (theta, eta, values) = (carried[0], carried[2], carried[2][0].Sigmoid());
            var task = new Walk(corridor, network, values, carried[4], streams: inputs[0]);
            var points = LookAhead.Branch(task, inner, theta, OptimiserState.From(carried[1]), method.Steps);
            var (moved, state) = outer.Update(eta, Gradient.Of(method.Loss(points), eta), OptimiserState.From(carried[3]));
            var kept = points[0];
            Tensor[] results = [kept.Rollout.Rewards.Sum() / (1 - kept.Rollout.Live).Sum(), values[0], values[1]];
            return ([kept.Parameters, kept.State.Tensors, moved, state.Tensors, kept.SamplingState], results);
        }, [start, inner.Initial(start).Tensors, raw, outer.Initial(raw).Tensors, corridor.Reset(Streams.Of(seed: 0, replicates: 64))]);
        for (int iteration = 0; iteration <= 200; iteration++)
        {
            var results = training.Run(Streams.Of(seed: 0, iteration: iteration, replicates: 64));
            if (iteration % 25 == 0)
                Console.WriteLine($"return {results[0].Item():F2}, gamma {results[1].Item():F2}, lambda {results[2].Item():F2}");
        }
    }
}

// Five cells in a row: leaving them on the left pays 0.3, on the right 1. An episode begins in the second cell.
internal sealed class Corridor : IEnvironment
{
    public Shape ObservationShape => [5];
    public int ActionCount => 2;
    public Tensor[] Reset(Tensor streams, int step = 0) => [Tensor.Full(1, [streams.Shape[0]], ElementType.Int32)];
    public Tensor Observe(Tensor[] state) => state[0].OneHot(5);
    public EnvironmentStep Step(Tensor[] state, Tensor actions, Tensor streams, int step)
    {
        Tensor at = state[0] + ((actions * 2) - 1), left = (at < 0).Cast(ElementType.Float32), right = (at > 4).Cast(ElementType.Float32);
        Tensor[] next = [Tensor.Where((at < 0) + (at > 4), Reset(streams)[0], at)];
        return new EnvironmentStep(next, right + (left * 0.3), left + right, left * 0, Observe(next), Observe([at]));
    }
}

// The inner loss has the discount and lambda of its returns as meta-parameters; the outer loss has fixed ones and no critic.
internal sealed class Walk(Corridor corridor, IActorCritic network, Tensor eta, Tensor[] state, Tensor streams) : IMetaProblem<Experience>
{
    public Tensor[] Start => state;
    public (Experience Rollout, Tensor[] State) Sample(IReadOnlyList<Tensor> theta, Tensor[] state, int step, bool validation)
        => Experience.Collect(corridor, network, theta, state, streams, steps: 10, firstStep: 10 * ((2 * step) + (validation ? 1 : 0)));
    public Tensor InnerLoss(IReadOnlyList<Tensor> theta, Experience seen) => Loss(theta, seen, eta, critic: 0.5);
    public Tensor OuterLoss(IReadOnlyList<Tensor> theta, Experience seen) => Loss(theta, seen, Tensor.From(0.99f, 0.95f), critic: 0);
    private Tensor Loss(IReadOnlyList<Tensor> theta, Experience seen, Tensor discounts, double critic)
    {
        var (rollout, gamma, lambda) = (seen.Evaluate(network, theta), discounts[0], discounts[1]);
        Tensor values = rollout.Values.StopGradient(), returns = LambdaReturns.Of(seen.Rewards, seen.Live, values, gamma, lambda);
        return (((values[..^1] - returns) * rollout.LogProbabilities()) + ((returns - rollout.Values[..^1]).Square() * critic)).Mean();
    }
}
