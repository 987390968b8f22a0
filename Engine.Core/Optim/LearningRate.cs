using Engine.Kernels;

namespace Engine.Core.Optim;

/// <summary>A step size that depends on the number of updates made.</summary>
/// <param name="step">Updates made, an Int32 scalar.</param>
/// <param name="type">The element type of the result.</param>
/// <returns>A scalar, computed on the device, so that replays of a program advance.</returns>
public delegate Tensor Schedule(Tensor step, ElementType type);

/// <summary>
/// A step size: a number from 0 up, a <see cref="Schedule"/>, or a tensor, such as one that is meta-learned - a scalar, or one that
/// broadcasts to every parameter. Each converts by itself.
/// </summary>
public sealed record LearningRate
{
    private readonly Schedule? _schedule;

    private LearningRate(double number, Schedule? schedule) => (Number, _schedule) = (number, schedule);

    /// <summary>The number, where it is one.</summary>
    internal double Number { get; }

    /// <summary>A constant step size.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative or not finite.</exception>
    public static implicit operator LearningRate(double number) => new(Option.NotNegative(number, nameof(LearningRate)), null);

    /// <summary>A step size that is a tensor.</summary>
    public static implicit operator LearningRate(Tensor value) => new(0, (_, _) => value);

    /// <summary>A step size by schedule, such as one of <see cref="Schedules"/>.</summary>
    public static implicit operator LearningRate(Schedule schedule) => new(0, schedule);

    /// <summary>The step size after so many updates; null where it is a constant number.</summary>
    internal Tensor? At(Tensor step, ElementType type) => _schedule?.Invoke(step, type);
}
