using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.RL.Agents;
using Engine.RL.Meta;

namespace Engine.Bench.Workloads;

/// <summary>Work with the Snake network on fixed trajectories: a program of the network and of meta-parameters.</summary>
internal sealed class SnakeWorkload : IWork
{
    private readonly SnakeInputs _inputs;
    private readonly TensorProgram<(Tensor Eta, ActorCritic Network), Tensor[]> _program;
    private readonly (Tensor Eta, ActorCritic Network) _arguments;

    private SnakeWorkload(
        SnakeInputs inputs, Device device, Func<Tensor, ActorCritic, Tensor[]> function, Tensor? eta = null, ActorCritic? network = null)
    {
        _inputs = inputs;
        _program = new(x => function(x.Eta, x.Network), device);
        _arguments = (eta ?? inputs.Vector(0.99f, 0.99f, 0.5f, 0.01f), network ?? inputs.Network());
    }

    /// <summary>The network's outputs for some observations.</summary>
    public static SnakeWorkload Forward(int count, Device device)
    {
        var inputs = new SnakeInputs(device);
        var observations = inputs.Observations(count);
        return new(inputs, device, (_, network) =>
        {
            var output = Batch.Map(network.Apply, observations);
            return [output.Logits, output.Value];
        });
    }

    /// <summary>The inner loss of a trajectory, and its gradient.</summary>
    public static SnakeWorkload LossAndGradient(Device device)
    {
        var inputs = new SnakeInputs(device);
        var data = inputs.Trajectories(1);
        return new(inputs, device, (eta, network) =>
        {
            var (value, gradient) = Gradient.ValueAndGradient(now => Problem(data, eta).Losses(now, data[0]).Inner, network);
            return [value, .. Tree.Leaves(gradient)];
        });
    }

    /// <summary>The product of the Hessian of that loss with a fixed vector.</summary>
    public static SnakeWorkload HessianVector(Device device)
    {
        var inputs = new SnakeInputs(device);
        var data = inputs.Trajectories(1);
        var start = inputs.Network();
        var vector = inputs.Like(start);
        return new(
            inputs,
            device,
            (eta, network) => Tree.Leaves(
                Gradient.HessianVector(now => Problem(data, eta).Losses(now, data[0]).Inner, network, vector)),
            network: start);
    }

    /// <summary>A meta-gradient of four meta-parameters through inner steps with clipped gradients and a fresh Adam.</summary>
    /// <param name="steps">The number of inner steps.</param>
    /// <param name="mixes">Whether the outer losses after all steps count, or that after the last.</param>
    /// <param name="device">Where.</param>
    public static SnakeWorkload MetaGradient(int steps, bool mixes, Device device)
    {
        var inputs = new SnakeInputs(device);
        var data = inputs.Trajectories(steps + 1);
        var method = new MetaGradientMethod(mixes ? MetaGradientKind.Mixed : MetaGradientKind.Classic, steps);
        return new(inputs, device, Meta, inputs.Vector(4.595f, 4.595f, 0.5f, 0.01f));

        Tensor[] Meta(Tensor raw, ActorCritic network)
        {
            var problem = Problem(data, Tensor.Concatenate(0, raw[..2].Sigmoid(), raw[2..]));
            var start = new InnerState<IActorCritic, int>(network, problem.Optimiser.Initial<IActorCritic>(network), 0);
            var points = InnerLoop.Unroll(problem, start, Key.Of(0, raw.Device), steps);
            return [Gradient.Of(method.Of([.. points.Select(point => point.OuterLoss)]), raw)];
        }
    }

    public Tensor[] Run() => _program.Run(_arguments);

    public void Dispose()
    {
        _program.Dispose();
        _inputs.Dispose();
    }

    private static FixedProblem Problem(Trajectory[] data, Tensor eta) => new(data, new(eta[0], eta[1], eta[2], eta[3]));

    // Rollouts are given: that of theta^(i) is the one of number i.
    private sealed class FixedProblem(Trajectory[] data, A2CCoefficients coefficients) : IMetaProblem<IActorCritic, int, Trajectory>
    {
        public Optimiser Optimiser { get; } = new Flatten(new Chain(new ClipByGlobalNorm(10), new Adam(6e-4, EpsilonRoot: 1e-8)));

        public (Trajectory Rollout, int Next) Sample(IActorCritic parameters, int state, Key key) => (data[state], state + 1);

        public RolloutLosses Losses(IActorCritic parameters, Trajectory rollout)
            => A2CProblem.Losses(parameters, rollout, coefficients);
    }
}
