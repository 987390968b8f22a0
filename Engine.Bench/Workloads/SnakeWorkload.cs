using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.RL.Agents;
using Engine.RL.Meta;

namespace Engine.Bench.Workloads;

/// <summary>Work with the Snake network on fixed trajectories: a program of parameters and meta-parameters.</summary>
internal sealed class SnakeWorkload : IWork
{
    private readonly SnakeInputs _inputs;
    private readonly TensorProgram<Tensor[], Tensor[]> _program;
    private readonly Tensor[] _arguments;

    private SnakeWorkload(SnakeInputs inputs, Device device, Func<Tensor[], Tensor[]> function, params Tensor[] arguments)
    {
        _inputs = inputs;
        _program = new(function, device);
        _arguments = arguments;
    }

    /// <summary>The network's outputs for some observations.</summary>
    public static SnakeWorkload Forward(int count, Device device)
    {
        var inputs = new SnakeInputs(device);
        var observations = inputs.Observations(count);
        return new(inputs, device, Outputs, inputs.Parameters());

        Tensor[] Outputs(Tensor[] parameters)
        {
            var output = SnakeInputs.Network.Apply(parameters, observations);
            return [output.Logits, output.Values];
        }
    }

    /// <summary>The inner loss of a trajectory, and its gradient.</summary>
    public static SnakeWorkload LossAndGradient(Device device)
    {
        var inputs = new SnakeInputs(device);
        var loss = InnerLoss(inputs);
        return new(inputs, device, Work, inputs.Parameters());

        Tensor[] Work(Tensor[] parameters)
        {
            var (value, gradient) = Gradient.ValueAndGradient(loss, parameters);
            return [value, .. gradient];
        }
    }

    /// <summary>The product of the Hessian of that loss with a fixed vector.</summary>
    public static SnakeWorkload HessianVector(Device device)
    {
        var inputs = new SnakeInputs(device);
        var loss = InnerLoss(inputs);
        var parameters = inputs.Parameters();
        var vector = inputs.Like(parameters);
        return new(inputs, device, xs => Gradient.HessianVector(loss, xs, vector), parameters);
    }

    /// <summary>A meta-gradient of four meta-parameters through inner steps with clipped gradients and a fresh Adam.</summary>
    /// <param name="steps">The number of inner steps.</param>
    /// <param name="mixes">Whether the outer losses after all steps count, or that after the last.</param>
    /// <param name="device">Where.</param>
    public static SnakeWorkload MetaGradient(int steps, bool mixes, Device device)
    {
        var inputs = new SnakeInputs(device);
        var data = inputs.Experiences(steps + 1);
        var optimiser = new Chain(new ClipByGlobalNorm(10), new Adam(6e-4, EpsilonRoot: 1e-8));
        return new(inputs, device, Meta, [inputs.Vector(4.595f, 4.595f, 0.5f, 0.01f), .. inputs.Parameters()]);

        Tensor[] Meta(Tensor[] x)
        {
            var (raw, parameters) = (x[0], x[1..]);
            var problem = new FixedProblem(data, new(raw[0].Sigmoid(), raw[1].Sigmoid(), raw[2], raw[3]));
            var points = LookAhead.Branch(problem, optimiser, parameters, optimiser.Initial(parameters), steps);
            return [Gradient.Of(mixes ? Mixing.Loss(points, Mixing.DefaultKappa(steps)) : points[^1].OuterLoss, raw)];
        }
    }

    public Tensor[] Run() => _program.Run(_arguments);

    public void Dispose()
    {
        _program.Dispose();
        _inputs.Dispose();
    }

    private static Func<Tensor[], Tensor> InnerLoss(SnakeInputs inputs)
    {
        var data = inputs.Experiences(1);
        var eta = inputs.Vector(0.99f, 0.99f, 0.5f, 0.01f);
        return parameters => new FixedProblem(data, new(eta[0], eta[1], eta[2], eta[3])).InnerLoss(parameters, data[0]);
    }

    // The trajectory that judges parameters is also the one they learn from next: the network sees it once.
    private sealed class FixedProblem(Experience[] data, A2CCoefficients coefficients) : IMetaProblem<Experience>
    {
        private readonly Dictionary<(Tensor Parameter, Experience Data), Rollout> _evaluated = [];

        public Tensor[] Start => [];

        public (Experience Rollout, Tensor[] State) Sample(IReadOnlyList<Tensor> parameters, Tensor[] state, int step, bool validation)
            => (data[step], []);

        public Tensor InnerLoss(IReadOnlyList<Tensor> parameters, Experience rollout)
            => A2C.InnerLoss(Evaluate(parameters, rollout), coefficients);

        public Tensor OuterLoss(IReadOnlyList<Tensor> parameters, Experience rollout)
            => A2C.OuterLoss(Evaluate(parameters, rollout));

        private Rollout Evaluate(IReadOnlyList<Tensor> parameters, Experience rollout)
        {
            if (!_evaluated.TryGetValue((parameters[0], rollout), out var evaluated))
                _evaluated[(parameters[0], rollout)] = evaluated = rollout.Evaluate(SnakeInputs.Network, parameters);
            return evaluated;
        }
    }
}
