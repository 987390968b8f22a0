using System.Numerics;

namespace Engine.Kernels.Bodies;

/// <summary>
/// A linear recurrence from the last moment back: y[t] = b[t] + a[t] y[t + 1], along the middle one of the axes [outer, length, columns].
/// One index is one column. Behind the last moment is a number for each, or 0 if there are none.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal readonly struct ReverseScanBody<T>(View<T> y, View<T> a, View<T> b, View<T> behind, int length, int columns) : IBody
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public void Invoke(int index)
    {
        int at = index + (((index / columns) + 1) * (length - 1) * columns);
        T later = behind.Length > 0 ? b[at] + (a[at] * behind[index]) : b[at];
        y[at] = later;
        for (int t = length - 1; t > 0; t--)
        {
            at -= columns;
            later = b[at] + (a[at] * later);
            y[at] = later;
        }
    }
}

/// <summary>
/// A linear recurrence from the first moment on: y[t] = b[t] + a[t - 1] y[t - 1], with y[-1] = 0, along the middle one of the axes
/// [outer, length, columns]. One index is one column.
/// </summary>
/// <typeparam name="T">float or double.</typeparam>
internal readonly struct ForwardScanBody<T>(View<T> y, View<T> a, View<T> b, int length, int columns) : IBody
    where T : unmanaged, INumber<T>
{
    /// <inheritdoc/>
    public void Invoke(int index)
    {
        int at = index + (index / columns * (length - 1) * columns);
        T earlier = b[at];
        y[at] = earlier;
        for (int t = 1; t < length; t++)
        {
            T factor = a[at];
            at += columns;
            earlier = b[at] + (factor * earlier);
            y[at] = earlier;
        }
    }
}
