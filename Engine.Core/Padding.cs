namespace Engine.Core;

/// <summary>How far the windows of a convolution reach beyond an image.</summary>
public enum Padding
{
    /// <summary>Half a window, so that the result is as high and wide as the image. There are zeros outside.</summary>
    Same,

    /// <summary>Not at all: the result is smaller than the image, by the window less 1.</summary>
    Valid,
}
