using Engine.Core;
using Engine.Kernels;

namespace Engine.RL.Environments;

/// <summary>
/// The cart-pole of Barto, Sutton and Anderson (1983), with the dynamics, constants and limits of Gymnasium's CartPole-v1: a force to the
/// left or right keeps a pole upright that is hinged to a cart.
/// </summary>
/// <remarks>
/// Each step pays 1, the last one too. An episode terminates where the cart is more than 2.4 from the middle or the pole more than 12
/// degrees from upright, and is truncated after 500 steps.
/// </remarks>
public sealed class CartPole : IEnvironment<CartPole.State>
{
    /// <summary>The action that pushes the cart to the left.</summary>
    public const int Left = 0;

    /// <summary>The action that pushes the cart to the right.</summary>
    public const int Right = 1;

    /// <summary>How far from the middle the cart may be.</summary>
    public const double Track = 2.4;

    private const double Gravity = 9.8, CartMass = 1.0, PoleMass = 0.1, HalfLength = 0.5, Force = 10, Seconds = 0.02;
    private const double TotalMass = CartMass + PoleMass, PoleMoment = PoleMass * HalfLength;
    private const double Lean = 12 * 2 * Math.PI / 360, Start = 0.05;

    /// <summary>A cart-pole.</summary>
    /// <param name="stepLimit">The step at which an episode is truncated, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is too low.</exception>
    public CartPole(int stepLimit = 500)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(stepLimit, 1);
        StepLimit = stepLimit;
    }

    /// <summary>The step at which an episode is truncated.</summary>
    public int StepLimit { get; }

    /// <summary>[4]: the cart's position and velocity, the pole's angle (radians) and angular velocity.</summary>
    public Shape ObservationShape => [4];

    /// <summary>Two: left, right.</summary>
    public int ActionCount => 2;

    /// <inheritdoc/>
    public State Reset(Key key)
        => new(Tensor.Uniform(key, [4], -Start, Start), Tensor.Zeros([], ElementType.Int32, key.Device));

    /// <inheritdoc/>
    /// <remarks>An action above 0 pushes to the right, others to the left. Euler's method, positions before velocities.</remarks>
    public EnvironmentStep<State> Step(State state, Tensor action, Key key)
    {
        action.RequireScalarAction(nameof(CartPole));
        var (x, speed, angle, turn) = (state.Motion[0], state.Motion[1], state.Motion[2], state.Motion[3]);
        Tensor force = (((action > 0).Cast(ElementType.Float32) * 2) - 1) * Force, cos = angle.Cos(), sin = angle.Sin();
        var push = (force + (PoleMoment * turn.Square() * sin)) / TotalMass;
        var turning = ((Gravity * sin) - (cos * push)) / (HalfLength * ((4.0 / 3) - (PoleMass * cos.Square() / TotalMass)));
        var speeding = push - (PoleMoment * turning * cos / TotalMass);
        Tensor[] moved = [x + (Seconds * speed), speed + (Seconds * speeding), angle + (Seconds * turn), turn + (Seconds * turning)];
        var steps = state.Steps + 1;
        return new(
            new State(Tensor.Stack(0, moved), steps),
            Tensor.OnesLike(x),
            Tensor.Maximum(moved[0].Abs() > Track, moved[2].Abs() > Lean),
            (steps >= StepLimit).Cast(ElementType.Float32));
    }

    /// <inheritdoc/>
    public Tensor Observe(State state) => state.Motion;

    /// <summary>How cart and pole move.</summary>
    /// <param name="Motion">The cart's position and velocity, the pole's angle and angular velocity, Float32 [4].</param>
    /// <param name="Steps">Steps made, an Int32 scalar.</param>
    public sealed record State(Tensor Motion, Tensor Steps);
}
